"""Interrupt code that blocks its thread: a call that sleeps, or computes for ever, ends at its
limit.

asyncio's own time-outs need the thread back before they can act. Here one daemon thread looks at
the deadlines of all threads a few times a second. It interrupts the main thread with a signal,
which also ends `time.sleep` and other waits inside the standard library, and other threads with an
asynchronous exception, which takes effect at their next line of Python.

What this cannot end: C code that neither returns nor looks for signals, a wait inside C in a thread
that is not the main one, and code that answers every exception by going on in several nested loops.
For those the world has to live in a process of its own (`processes=1`), which is killed.
"""

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

from firsthand.errors import Interrupt

T = TypeVar("T")

PATROL_SECONDS = 0.05
"""Time between two looks at the deadlines; so late may an interrupt come."""

IDLE_PATROLS = 40
"""After so many looks without a watched call the thread sleeps until the next one."""

PATIENT_TRIES = 2
"""Interrupts that may be swallowed before the handler that swallows them is interrupted itself."""

SIGNAL = getattr(signal, "SIGURG", None)
"""Ignored by default, and sent by hardly any program. None on systems that lack it."""

NEVER = float("inf")


class Expired(Exception):
    """A watched call was still running at its deadline. `doing` is what it said it was doing."""

    def __init__(self, doing: str = "") -> None:
        super().__init__(doing)
        self.doing = doing


class _Watch:
    """The deadline of one thread."""

    __slots__ = ("calls", "fired", "lock", "signalled", "thread", "traced", "tries", "until")

    def __init__(self) -> None:
        self.until = NEVER
        self.calls = self.tries = 0
        self.fired = self.traced = False
        self.thread = threading.get_ident()
        self.lock = threading.Lock()
        self.signalled = threading.current_thread() is threading.main_thread() and _listen()

    def interrupt(self) -> None:
        """Interrupt the call that is too late; called by the watchdog, again and again."""
        with self.lock:
            if time.perf_counter() <= self.until:
                return
            self.fired = True
            if self.signalled and SIGNAL is not None:
                signal.pthread_kill(self.thread, SIGNAL)
            else:
                _raise_in(self.thread, Interrupt)

    def settle(self) -> None:
        """Make sure that no interrupt is under way; called by the thread itself, disarmed."""
        while True:
            try:
                with self.lock:  # while it is held, no further interrupt is sent
                    _receive()
                    break
            except Interrupt:
                continue
        self.fired, self.tries = False, 0
        if self.traced:
            self.traced = False
            sys.settrace(_traces.pop(self.thread, None))


_here = threading.local()
_watches: dict[int, _Watch] = {}
_traces: dict[int, Any] = {}
_awake = threading.Event()
_patrol: threading.Thread | None = None


def watched(until: float, function: Callable[..., T], *arguments: Any) -> T:
    """Call a function that may run until `until`, on the clock of `time.perf_counter`. Raises
    `Expired`.
    """
    watch: _Watch | None = getattr(_here, "watch", None)
    if watch is None:
        watch = _enlist()
    before = watch.until
    try:
        try:
            watch.until = until if until < before else before
            watch.calls += 1
            if not _awake.is_set():
                _wake()
            return function(*arguments)
        finally:
            watch.until = before
            if watch.fired:
                watch.settle()
    except Interrupt as interrupt:
        watch.until = before
        watch.settle()
        raise Expired(getattr(interrupt, "doing", "")) from None


def _enlist() -> _Watch:
    watch = _here.watch = _watches[threading.get_ident()] = _Watch()
    return watch


def _wake() -> None:
    global _patrol
    _awake.set()
    if _patrol is None or not _patrol.is_alive():
        _patrol = threading.Thread(target=_look, name="firsthand-watchdog", daemon=True)
        _patrol.start()


def _look() -> None:
    """Compare the deadlines with the clock for as long as there are watched calls."""
    seen, idle = -1, 0
    while True:
        time.sleep(PATROL_SECONDS)
        now = time.perf_counter()
        watches = list(_watches.values())
        for watch in watches:
            if now > watch.until:
                watch.interrupt()
        calls = sum(watch.calls for watch in watches)
        busy = calls != seen or any(watch.until != NEVER for watch in watches)
        seen, idle = calls, 0 if busy else idle + 1
        if idle >= IDLE_PATROLS:
            idle = 0
            alive = {thread.ident for thread in threading.enumerate()}
            for watch in watches:
                if watch.thread not in alive:
                    _watches.pop(watch.thread, None)
            _awake.clear()
            if all(watch.until == NEVER for watch in _watches.values()):
                _awake.wait()


def _listen() -> bool:
    """Take the signal, unless the program uses it; say whether it is ours."""
    if SIGNAL is None:
        return False
    if signal.getsignal(SIGNAL) in (signal.SIG_DFL, signal.SIG_IGN):
        signal.signal(SIGNAL, _on_signal)
    return signal.getsignal(SIGNAL) is _on_signal


def _on_signal(_signal: int, frame: FrameType | None) -> None:
    """Raise where the main thread is, if its call is late; signals that come late themselves do
    nothing.
    """
    watch: _Watch | None = getattr(_here, "watch", None)
    if watch is None or time.perf_counter() <= watch.until:
        return
    watch.tries += 1
    if watch.tries > PATIENT_TRIES:
        _raise_in_handlers(watch, frame)
    raise Interrupt


def _raise_in_handlers(watch: _Watch, frame: FrameType | None) -> None:
    """Raise again at the first line of whatever handler swallows this interrupt: outside of its
    `try`.
    """
    if not watch.traced:
        watch.traced = True
        _traces[watch.thread] = sys.gettrace()

    def trace(_frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line" and time.perf_counter() > watch.until:
            raise Interrupt
        return trace

    while frame is not None and frame.f_code is not watched.__code__:
        frame.f_trace = trace
        frame = frame.f_back
    sys.settrace(trace)


def _raise_in(thread: int, error: type[BaseException]) -> None:
    """Raise in another thread at its next line of Python.

    It is never taken back with None: in Python 3.11 that leaves a flag set for ever, and every
    thread that a debugger or coverage traces then hangs at its next call.
    """
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error))


def _receive() -> None:
    """Do nothing, in a call of Python: there an exception that waits for this thread is raised."""


def _after_fork() -> None:
    global _patrol
    _patrol = None
    _awake.clear()
    _watches.clear()
    _here.__dict__.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
