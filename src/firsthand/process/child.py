"""The parent's side of a worker process: started with nothing of the parent's, ended with
everything below it.

A worker gets a clean environment, a socket to its parent, and a folder that is removed with it. A
supervisor (see `host`) stands between: it survives what the worker does, reports how the worker
ended, and ends the whole tree when the parent closes its line or dies, `kill -9` included.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping, Sequence
from typing import IO, Any, Literal

import msgspec

from firsthand.errors import SandboxError
from firsthand.process import bubblewrap, descendants, frames, landlock

KEPT = ("PATH", "LANG", "LD_LIBRARY_PATH", "SYSTEMROOT")
"""What a worker inherits of the environment: what it needs to start, and nothing that may be a
secret.
"""
MEMORY = 6 << 30
"""Most bytes that a worker and everything it starts may hold together."""
END_SECONDS = 2.0
"""How long a supervisor may take to end its tree before it is killed itself."""
PREFIX = "firsthand-"


class Plan(msgspec.Struct, frozen=True):
    """What a worker is told before it starts: `module.serve(channel, arguments)`, or a command to
    become.

    `line` is where its supervisor listens, -1 for none; `memory` bounds the tree in bytes; `scoped`
    says what of other processes it is cut off from: their signals, or their /proc entries too;
    `home` is the folder to remove in the end.
    """

    channel: int = -1
    line: int = -1
    module: str = ""
    arguments: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    memory: int = MEMORY
    scoped: Literal["", "signals", "processes"] = ""
    home: str = ""


class Ending(msgspec.Struct, frozen=True):
    """How a worker ended: its exit code, the signal that killed it, or the memory limit that it
    broke.
    """

    code: int | None = None
    signal: int | None = None
    memory: int | None = None

    def __str__(self) -> str:
        if self.memory is not None:
            return f"it and its children held more than {self.memory >> 20} MiB"
        if self.signal is not None:
            return f"the process died of signal {self.signal}"
        if self.code is not None:
            return f"the process left with exit code {self.code}"
        return "the process closed its connection"


class Child:
    """One worker process.

    `module` names a module with `serve(channel, arguments)`; with `command` the worker becomes that
    command and has no channel. `environment` is added to a clean one. `visible`: paths that it must
    be able to read when it is contained. `contain`: use bubblewrap where that works.
    `supervised=False` is for workers that cannot start processes. `folder` is where it works
    instead of a folder of its own. Raises `SandboxError` when the machine does not let it start.
    """

    def __init__(
        self,
        module: str = "",
        arguments: Sequence[str] = (),
        *,
        command: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        visible: Sequence[str] = (),
        contain: bool = False,
        supervised: bool = True,
        streams: Mapping[str, int | IO[Any] | None] | None = None,
        folder: str = "",
        memory: int = MEMORY,
        prefix: str = PREFIX,
    ) -> None:
        self.contained = contain and not bubblewrap.failure()
        self._ended: Ending | None = None
        self._supervised = supervised
        self._closing = contextlib.ExitStack()
        try:
            with startable(), contextlib.ExitStack() as theirs:
                self.channel, channel = self._pair(theirs)
                self._line, line = self._pair(theirs)
                self.home = ""
                if supervised and not self.contained and not folder:
                    self.home = tempfile.mkdtemp(prefix=prefix)
                    self._closing.callback(shutil.rmtree, self.home, ignore_errors=True)
                home = bubblewrap.HOME if self.contained else self.home or folder or "/"
                plan = Plan(
                    -1 if command else channel.fileno(),
                    line.fileno() if supervised else -1,
                    module,
                    tuple(arguments),
                    tuple(command),
                    memory,
                    scoped=("signals" if self.contained else "processes") if contain else "",
                    home=self.home,
                )
                self.process = self._spawn(plan, home, environment or {}, visible, streams or {})
        except BaseException:
            self._closing.close()
            raise

    def _pair(self, theirs: contextlib.ExitStack) -> tuple[socket.socket, socket.socket]:
        mine, other = socket.socketpair()
        self._closing.callback(mine.close)
        theirs.callback(other.close)
        return mine, other

    def _spawn(
        self,
        plan: Plan,
        home: str,
        environment: Mapping[str, str],
        visible: Sequence[str],
        streams: Mapping[str, int | IO[Any] | None],
    ) -> "subprocess.Popen[bytes]":
        paths = [os.path.abspath(path) for path in sys.path]
        clean = {name: os.environ[name] for name in KEPT if name in os.environ}
        clean |= {
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": home,
            "TMPDIR": home,
            **environment,
            "PYTHONPATH": os.pathsep.join(paths),
        }
        told = msgspec.json.encode(plan).decode()
        argv = [sys.executable, "-P", "-m", "firsthand.process.host", told]
        if self.contained:
            argv = bubblewrap.command(argv, visible=[*paths, *visible])
        return subprocess.Popen(
            argv,
            stdin=streams.get("stdin", subprocess.DEVNULL),
            stdout=streams.get("stdout", subprocess.DEVNULL),
            stderr=streams.get("stderr", subprocess.DEVNULL),
            pass_fds=[fd for fd in (plan.channel, plan.line) if fd >= 0],
            cwd="/" if self.contained else home,
            env=clean,
            start_new_session=True,
        )

    @property
    def depth(self) -> int:
        """How many generations below `process` the worker is: a supervisor, two of bubblewrap."""
        return 2 * self.contained + self._supervised

    def worker(self) -> int | None:
        """Return the worker's own process id, as seen from here; None when it is gone."""
        pid = self.process.pid
        for _ in range(self.depth):
            below = descendants.children(pid)
            if not below:
                return None
            pid = below[0]
        return pid

    def started(self) -> list[int]:
        """Return the processes that the worker started and that still run."""
        worker = self.worker()
        return [] if worker is None else descendants.living(worker)

    def ending(self, seconds: float = END_SECONDS) -> Ending:
        """Say how the worker ended, waiting so long for it; it is closed afterwards."""
        if self._ended is None:
            self._ended = self._hear(seconds)
            self.close()
        return self._ended

    def _hear(self, seconds: float) -> Ending:
        self._line.settimeout(seconds)
        with contextlib.suppress(OSError, msgspec.DecodeError):
            return msgspec.json.decode(self._line.recv(4096) or b"{}", type=Ending)
        return Ending()

    def hang_up(self) -> None:
        """Tell the supervisor to end everything, without waiting: closing many is then fast."""
        with contextlib.suppress(OSError):
            self._line.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """End the worker and everything it started, and remove its folder."""
        self.hang_up()
        try:
            self._wait()
        finally:
            self._closing.close()
            for stream in (self.process.stdout, self.process.stderr):
                if stream:
                    stream.close()

    def disown(self) -> None:
        """Forget a worker that belongs to the process from which this one was forked."""
        self.process.returncode = 0
        self._closing.pop_all()
        for connection in (self.channel, self._line):
            connection.close()

    def _wait(self) -> None:
        try:
            self.process.wait(END_SECONDS if self._supervised else 0.0)
        except subprocess.TimeoutExpired:
            descendants.end(self.process.pid)
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def startable() -> Generator[None]:
    """Say that what failed to start is this machine's failure, and what to do. Raises
    `SandboxError`.
    """
    try:
        yield
    except OSError as error:
        raise SandboxError(
            f"A worker process could not be started: {error}. This machine's limits may be reached "
            "(open files: `ulimit -n`; processes: `ulimit -u`)."
        ) from error


def once(
    command: Sequence[str],
    order: bytes,
    *,
    seconds: float,
    environment: Mapping[str, str] | None = None,
    visible: Sequence[str] = (),
    limit: int = frames.LIMIT,
) -> bytes:
    """Run a command, contained, to its end or so many seconds, and return what it wrote to its
    output.
    """
    with startable(), contextlib.ExitStack() as files:
        asked, answered = (files.enter_context(tempfile.TemporaryFile()) for _ in range(2))
        asked.write(order)
        asked.seek(0)
        child = Child(
            command=command,
            environment=environment,
            visible=visible,
            contain=True,
            streams={"stdin": asked, "stdout": answered},
        )
        try:
            child.ending(seconds)
        finally:
            child.close()
        answered.seek(0)
        return answered.read(limit)


def containment() -> str:
    """Say what keeps a worker that asks to be contained apart from this machine."""
    why = bubblewrap.failure()
    if not why:
        return "contained: bubblewrap"
    if landlock.version() >= landlock.SCOPES_SINCE:
        return f"not contained ({why}); Landlock keeps it from signalling and tracing the auditor"
    return f"not contained ({why})"
