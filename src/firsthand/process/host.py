"""The worker's side: a supervisor that outlives whatever the worker does, and the worker itself.

The process that a parent starts stays behind as the supervisor; it forks the one that works. The
supervisor runs no foreign code. It adopts every orphan below it, bounds the memory of all together,
and when the worker ends, or the parent closes its line or dies, it kills them all, removes their
folder, and reports how the worker ended. Imports are few, because every worker pays for them.
"""

import contextlib
import importlib
import json
import os
import select
import signal
import socket
import sys
from types import FrameType
from typing import Any, NoReturn, cast

from firsthand.process import descendants, landlock

CHECK_SECONDS = 0.5
"""Time between two looks at the memory of the tree."""
SUBREAPER, DEATH_SIGNAL = 36, 1
"""Operations of prctl."""


def main() -> None:
    """Start what the first argument, a `child.Plan` in JSON, asks for."""
    plan = json.loads(sys.argv[1])
    sys.argv[1:] = []
    for fd in (plan["channel"], plan["line"]):
        if fd >= 0:
            os.set_inheritable(fd, False)
    if plan["line"] >= 0:
        supervise(plan)
    if plan["scoped"]:
        landlock.scope(proc=plan["scoped"] == "processes")
    if plan["command"]:
        os.execv(plan["command"][0], plan["command"])
    channel = socket.socket(fileno=plan["channel"])
    importlib.import_module(plan["module"]).serve(channel, plan["arguments"])


def supervise(plan: dict[str, Any]) -> None:
    """Fork. Return in the worker; stay in the supervisor until everything below it has ended."""
    _prctl(SUBREAPER)
    supervisor = os.getpid()
    worker = os.fork()
    if worker == 0:
        os.close(plan["line"])
        os.setsid()
        _prctl(DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != supervisor:  # it died before the signal was set
            os._exit(1)
        return
    _Supervisor(worker, plan).run()


class _Supervisor:
    """Watches one worker and everything below it."""

    def __init__(self, worker: int, plan: dict[str, Any]) -> None:
        self.worker, self.plan = worker, plan
        self.line = socket.socket(fileno=plan["line"])
        self.parent = os.getppid()
        self.ending: dict[str, int] = {}
        self.woken, waker = os.pipe()
        os.set_blocking(waker, False)
        signal.signal(signal.SIGCHLD, _noted)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)

    def run(self) -> NoReturn:
        """Wait for the end, clean up, report and leave."""
        try:
            self._detach()
            self._watch()
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.worker, signal.SIGKILL)  # all there is where /proc is missing
            descendants.end(os.getpid(), reap=self._reap)
            self._reap()
            if self.plan["home"]:
                import shutil  # slow to load, and needed only now

                shutil.rmtree(self.plan["home"], ignore_errors=True)
            with contextlib.suppress(OSError):
                self.line.sendall(json.dumps(self.ending).encode())
        finally:
            os._exit(0)

    def _detach(self) -> None:
        """Keep nothing open that belongs to the worker: its channel ends when the worker does."""
        if self.plan["channel"] >= 0:
            os.close(self.plan["channel"])
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        os.chdir("/")

    def _watch(self) -> None:
        while not self.ending:
            ready, _, _ = select.select([self.line, self.woken], [], [], CHECK_SECONDS)
            if self.line in ready or os.getppid() != self.parent:
                return
            if self.woken in ready:
                os.read(self.woken, 4096)
            self._reap()
            if not ready and descendants.memory(os.getpid()) > self.plan["memory"]:
                self.ending = {"memory": self.plan["memory"]}

    def _reap(self) -> None:
        """Collect what ended below; remember how the worker did."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                if pid == self.worker and not self.ending:
                    code = os.waitstatus_to_exitcode(status)
                    self.ending = {"signal": -code} if code < 0 else {"code": code}


def _noted(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: a handled signal wakes the supervisor, an ignored one does not."""


def _prctl(operation: int, value: int = 1) -> None:
    if sys.platform == "linux":
        import ctypes

        cast("Any", ctypes.CDLL(None)).prctl(operation, value, 0, 0, 0)


if __name__ == "__main__":
    main()
