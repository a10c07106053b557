"""What ends the command line from outside: Ctrl-C, SIGTERM and SIGHUP all take the way of Ctrl-C.

That way is the one that cleans up: the event loop cancels what runs, environments are closed,
temporary folders go, the journal stays valid.
"""

import atexit
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from types import FrameType
from typing import NoReturn

THREAD_SECONDS = 0.5
"""How long threads may take to end after a stop; Python itself would wait for ever for a model in
one.
"""


class Stopping:
    """Remembers which signal asked the program to stop."""

    def __init__(self) -> None:
        self.signal = int(signal.SIGINT)

    def listen(self) -> None:
        """Take SIGTERM and SIGHUP, unless they are set to be ignored, as `nohup` does."""
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) == signal.SIG_DFL:
                signal.signal(number, self._stop)

    def leave(self, code: int) -> NoReturn:
        """End the program now: a thread that is stuck in C cannot hold it."""
        until = time.monotonic() + THREAD_SECONDS
        for thread in threading.enumerate():
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join(max(until - time.monotonic(), 0.0))
        atexit._run_exitfuncs()  # pyright: ignore[reportPrivateUsage] - temporary files and folders go
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):  # the terminal is gone
                stream.flush()
        os._exit(code)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.signal = number
        interrupt = signal.getsignal(signal.SIGINT)
        if callable(interrupt):  # the event loop's, or Python's own
            interrupt(signal.SIGINT, frame)
        else:  # Ctrl-C is ignored, as in a background job of a script; this was not Ctrl-C
            raise KeyboardInterrupt
