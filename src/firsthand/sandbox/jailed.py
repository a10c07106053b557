"""The first process in a jail: it lays out files, runs one command at a time, and reads files back.

It is started by `jail` as source text, with Python's own library and nothing of the house: what a
jail cannot read, a command cannot find there. A command is a fork of this process, so that Python
need not start anew for each; as process 1 it cannot be killed by those below it. After a command
all other processes are killed, and all that the next command must not see is removed.
"""

import base64
import contextlib
import ctypes
import json
import os
import random
import resource
import select
import signal
import socket
import stat
import struct
import sys
import time
import traceback
import types
from typing import Any

HEADER = struct.Struct("<QI")
HOME = "/home/agent"
SCRATCH = ("/tmp", "/dev/shm", "/dev/mqueue")
LONG_AGO = 1_900_000_000
"""When every file was last changed, as far as a command can see: so that listings are equal."""
NODES = 4_000
"""Most files, links and folders together."""
LOOK_SECONDS = 0.04
"""Time between two counts of processes and files while a command runs."""
FLOOD = 16
"""A command that writes so many times what is kept of its output is stopped."""
SETTLED = 20_000_000
"""Nanoseconds after which the kernel's clock for files has moved on for sure."""
DUMPABLE = 4


def main(channel: socket.socket) -> None:
    """Answer requests until the other side closes."""
    ctypes.CDLL(None).prctl(DUMPABLE, 0, 0, 0, 0)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    woken, waker = os.pipe()
    for fd in (woken, waker):
        os.set_blocking(fd, False)
    signal.signal(signal.SIGCHLD, _noted)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    files = Files()
    _send(channel, 0, {})
    while (received := _receive(channel)) is not None:
        number, request = received
        _send(channel, number, _serve(request, files, channel, woken))


def _noted(_number: int, _frame: Any) -> None:
    """Do nothing: what matters is that `select` wakes up."""


def _receive(channel: socket.socket) -> "tuple[int, dict[str, Any]] | None":
    head = _exactly(channel, HEADER.size)
    if head is None:
        return None
    number, length = HEADER.unpack(head)
    body = _exactly(channel, length)
    return None if body is None else (number, json.loads(body))


def _exactly(channel: socket.socket, size: int) -> "bytes | None":
    parts = bytearray()
    while len(parts) < size:
        part = channel.recv(min(size - len(parts), 1 << 20))
        if not part:
            return None
        parts += part
    return bytes(parts)


def _send(channel: socket.socket, number: int, answer: "dict[str, Any]") -> None:
    body = json.dumps(answer).encode()
    channel.sendall(HEADER.pack(number, len(body)) + body)


def _serve(
    request: "dict[str, Any]", files: "Files", channel: socket.socket, woken: int
) -> "dict[str, Any]":
    files.lay_out(request["files"], anew=request["anew"])
    begun = time.time_ns()
    ran = Run(request, channel, woken)
    ran.watch()
    answer = {
        "code": ran.code,
        "output": base64.b64encode(ran.kept[0]).decode(),
        "errors": base64.b64encode(ran.kept[1]).decode(),
        "limit": ran.limit,
    }
    try:
        changes, moved = files.read_back(begun, request["disk"])
    except OverflowError:
        changes, moved, answer["limit"] = {}, True, "disk"
    for folder in SCRATCH:
        _empty(folder)
    return {**answer, "changes": changes, "moved": moved}


class Files:
    """The files of the episode, below `HOME`."""

    def __init__(self) -> None:
        self.seen: dict[str, tuple[Any, ...]] = {}
        """Paths to what `stat` said when they were last written or read."""

    def lay_out(self, nodes: "dict[str, list[Any]]", *, anew: bool) -> None:
        """Write nodes, all of them in order on an empty folder, or some over what is there."""
        if anew:
            _empty(HOME)
            self.seen.clear()
        for path, node in nodes.items():
            whole = f"{HOME}/{path}"
            if anew:
                os.makedirs(os.path.dirname(whole), exist_ok=True)
            if node[0] == "file":
                self._write(whole, base64.b64decode(node[1]), node[2])
            elif node[0] == "link":
                if not anew:
                    os.unlink(whole)
                os.symlink(node[1], whole)
                _age(whole)
            else:
                os.makedirs(whole, exist_ok=True)
            self._note(path, whole)
        if anew:
            for folder, _, _ in os.walk(HOME):
                _age(folder)

    def _write(self, whole: str, content: bytes, executable: bool) -> None:
        fd = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW)
        with open(fd, "wb") as file:
            file.write(content)
            os.fchmod(fd, 0o755 if executable else 0o644)
        _age(whole)

    def _note(self, path: str, whole: str) -> None:
        said = os.lstat(whole)
        self.seen[path] = (said.st_ino, said.st_ctime_ns, said.st_size, stat.S_IFMT(said.st_mode))

    def read_back(self, begun: int, most: int) -> "tuple[dict[str, Any], bool]":
        """Return what is new or changed, None for what is gone; and whether names were touched.

        Raises `OverflowError` when there is more than a tree may hold.
        """
        before, self.seen = self.seen, {}
        changes: dict[str, Any] = {}
        total, count, moved = 0, 0, False
        for path, whole in _walk():
            count += 1
            was = before.pop(path, None)
            said = os.lstat(whole)
            kind = stat.S_IFMT(said.st_mode)
            total += said.st_size if kind == stat.S_IFREG else 0
            if count > NODES or total > most:
                raise OverflowError
            now = (said.st_ino, said.st_ctime_ns, said.st_size, kind)
            if was is not None and was == now and said.st_ctime_ns < begun - SETTLED:
                self.seen[path] = was
                continue
            moved = moved or was is None or (was[0], was[3]) != (now[0], now[3])
            changes[path] = _node(whole, said, kind)
            self._note(path, whole)
        changes.update(dict.fromkeys(before))
        return changes, moved or bool(before)


def _walk(folder: str = "") -> "Any":
    """Yield files, links and empty folders below `HOME`; what is none of these is removed."""
    whole = f"{HOME}/{folder}" if folder else HOME
    os.chmod(whole, 0o755)
    for name in sorted(os.listdir(os.fsencode(whole))):
        raw = os.fsencode(whole) + b"/" + name
        try:
            path = f"{folder}/{name.decode()}" if folder else name.decode()
        except UnicodeDecodeError:
            _remove(raw)
            continue
        mode = os.lstat(raw).st_mode
        if stat.S_ISDIR(mode):
            os.chmod(raw, 0o755)
            if os.listdir(raw):
                yield from _walk(path)
            else:
                _age(f"{HOME}/{path}")
                yield path, f"{HOME}/{path}"
        elif stat.S_ISREG(mode) or stat.S_ISLNK(mode):
            yield path, f"{HOME}/{path}"
        else:
            os.unlink(raw)
    _age(whole)


def _age(whole: str) -> None:
    os.utime(whole, (LONG_AGO, LONG_AGO), follow_symlinks=False)


def _node(whole: str, said: os.stat_result, kind: int) -> "list[Any]":
    if kind == stat.S_IFLNK:
        _age(whole)
        return ["link", os.fsencode(os.readlink(whole)).decode(errors="replace")]
    if kind == stat.S_IFDIR:
        return ["folder"]
    executable = bool(said.st_mode & 0o100)
    os.chmod(whole, 0o755 if executable else 0o644)
    with open(whole, "rb") as file:
        content = file.read()
    _age(whole)
    return ["file", base64.b64encode(content).decode(), executable]


def _empty(folder: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        for name in os.listdir(os.fsencode(folder)):
            _remove(os.fsencode(folder) + b"/" + name)


def _remove(path: bytes) -> None:
    if stat.S_ISDIR(os.lstat(path).st_mode):
        os.chmod(path, 0o700)
        for name in os.listdir(path):
            _remove(path + b"/" + name)
        os.rmdir(path)
    else:
        os.unlink(path)


class Run:
    """One command, from its start to the end of everything that it started."""

    def __init__(self, request: "dict[str, Any]", channel: socket.socket, woken: int) -> None:
        self.request, self.woken = request, woken
        self.kept, self.written = (bytearray(), bytearray()), [0, 0]
        self.limit = ""
        self.status: int | None = None
        """How the command ended: its exit code, or a signal as a negative number."""
        self.until = time.monotonic() + request["seconds"]
        given = os.open("/tmp", os.O_TMPFILE | os.O_RDWR)
        os.write(given, base64.b64decode(request["stdin"]))
        os.lseek(given, 0, os.SEEK_SET)
        pipes = [os.pipe(), os.pipe()]
        self.pid = os.fork()
        if self.pid == 0:
            try:
                channel.close()
                _become(request, given, pipes[0][1], pipes[1][1])
            except BaseException as error:
                os.write(2, f"the command could not be started: {error!r}\n".encode())
            finally:
                os._exit(127)
        os.close(given)
        self.open: dict[int, int] = {}
        for i, (reading, writing) in enumerate(pipes):
            os.close(writing)
            os.set_blocking(reading, False)
            self.open[reading] = i

    def watch(self) -> None:
        """Read what the command writes until it ends or breaks a limit; leave no process."""
        look = time.monotonic() + LOOK_SECONDS
        while self.status is None and not self.limit:
            ready, _, _ = select.select([*self.open, self.woken], [], [], LOOK_SECONDS)
            for fd in ready:
                if fd == self.woken:
                    with contextlib.suppress(BlockingIOError):
                        os.read(fd, 4096)
                else:
                    self._read(fd)
            self._reap()
            if time.monotonic() > look and self.status is None:
                self._look()
                look = time.monotonic() + LOOK_SECONDS
        self._end()

    def _look(self) -> None:
        """Check what the kernel does not bound by itself."""
        disk = os.statvfs(HOME)
        if time.monotonic() > self.until:
            self.limit = "seconds"
        elif disk.f_files - disk.f_ffree > 2 * NODES:
            self.limit = "disk"
        elif self._processes() > self.request["processes"]:
            self.limit = "processes"

    def _processes(self) -> int:
        """Count what was started since the command: numbers are given in order."""
        newest = os.fork()
        if newest == 0:
            os._exit(0)
        os.waitpid(newest, 0)
        return sum(map(_alive, range(max(self.pid, newest - 10_000), newest)))

    def _read(self, fd: int) -> None:
        i = self.open[fd]
        try:
            part = os.read(fd, 1 << 16)
        except BlockingIOError:
            return
        if not part:
            del self.open[fd]
            os.close(fd)
            return
        most = self.request["output"]
        self.kept[i].extend(part[: max(0, most - len(self.kept[i]))])
        self.written[i] += len(part)
        if self.written[i] > most * FLOOD:
            self.limit = "output"

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                if pid == self.pid:
                    self.status = os.waitstatus_to_exitcode(status)

    def _end(self) -> None:
        """Kill all, read what is left in the pipes, and say how it ended."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-1, 0)
        while self.open and not self.limit:
            self._read(next(iter(self.open)))
        for fd in self.open:
            os.close(fd)
        status = -signal.SIGKILL if self.status is None else self.status
        by_signal = {-signal.SIGXCPU: "seconds", -signal.SIGXFSZ: "disk"}
        self.limit = self.limit or by_signal.get(status, "")
        if not self.limit and any(written > self.request["output"] for written in self.written):
            self.limit = "output"
        elif self.limit:
            status = -signal.SIGKILL
        self.code = 128 - status if status < 0 else status


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _become(request: "dict[str, Any]", *streams: int) -> None:
    """Be the command, in the process forked for it."""
    for i, fd in enumerate(streams):
        os.dup2(fd, i)
    os.closerange(3, 64)
    os.setsid()
    signal.set_wakeup_fd(-1)
    for number in range(1, 32):
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_DFL)
    for what, most in (
        (resource.RLIMIT_AS, request["memory"]),
        (resource.RLIMIT_CPU, int(request["seconds"]) + 1),
        (resource.RLIMIT_FSIZE, request["disk"]),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    os.umask(0o022)
    try:
        os.chdir(os.path.join(HOME, request["folder"]))
    except OSError as error:
        os.write(2, f"{request['folder']}: {error.strerror}\n".encode())
        os._exit(126)
    os.environ.update(request["environment"])
    argv: list[str] = request["argv"]
    plain = len(argv) > 1 and (not argv[1].startswith("-") or (argv[1] == "-c" and len(argv) > 2))
    if plain and argv[0] in ("python", "python3"):
        _python(argv[1:])
    try:
        os.execvp(argv[0], argv)
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        said = "command not found" if missing else error.strerror
        os.write(2, f"{argv[0]}: {said}\n".encode())
        os._exit(127 if missing else 126)


def _python(argv: "list[str]") -> None:
    """Run a program as the interpreter would, without its start."""
    code = 1
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        _program(argv)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if end.code is not None and not isinstance(end.code, int):
            print(end.code, file=sys.stderr)
    except BaseException as error:
        _tell(error)
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(BaseException):
                stream.flush()
        os._exit(code & 0xFF)


def _program(argv: "list[str]") -> None:
    if argv[0] == "-c":
        name, source, sys.argv = "<string>", argv[1], ["-c", *argv[2:]]
        sys.path.insert(0, "")
    else:
        name, sys.argv = argv[0], argv
        try:
            with open(name, "rb") as file:
                source = file.read()
        except OSError as error:
            print(f"python: can't open file {name!r}: {error}", file=sys.stderr)
            sys.exit(2)
        sys.path.insert(0, os.path.dirname(os.path.abspath(name)))
    random.seed(0)
    main = types.ModuleType("__main__")
    main.__dict__["__file__"] = name
    sys.modules["__main__"] = main
    exec(compile(source, name, "exec", dont_inherit=True), main.__dict__)


def _tell(error: BaseException) -> None:
    """Print a traceback without the lines of this file."""
    shown = error.__traceback__
    own = (_python.__code__, _program.__code__)
    while shown is not None and shown.tb_frame.f_code in own:
        shown = shown.tb_next
    traceback.print_exception(type(error), error, shown)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
