"""The jail: any program of this machine on an episode's files, behind namespaces and a filter.

One recipe for all that runs real programs. A jail is bubblewrap with no network, no /proc, no file
of the machine but /usr and Python (read-only, without installed packages), an own user who owns
nothing, small file systems in memory, and a filter of system calls; inside, `jailed` runs one
command after another, each on the files that came with it. It works as root, as any user, and
inside the audit's own container. A jail keeps no state that a command could reach, serves any
episode, and dies with this process.
"""

import asyncio
import atexit
import base64
import contextlib
import glob
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import weakref
from collections import deque
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

from firsthand.errors import SandboxError
from firsthand.process import frames
from firsthand.process.child import Child
from firsthand.sandbox import jail_filter, jailed
from firsthand.sandbox.files import encodable
from firsthand.sandbox.protocol import LIMITS, File, Folder, Limits, Link, Result, Tree

JAILS = max(2, min(4, os.cpu_count() or 1))
"""How many jails one event loop uses at a time."""
START_SECONDS = 60.0
RUNAWAY_SECONDS = 120.0
"""How much longer than its own limit a command may take on a machine that is busy."""
MEMORY = 1 << 30
"""Most bytes that everything in one jail may hold together."""
DISK = 16 << 20
SMALL = 1 << 20
HOME = jailed.HOME
"""Where the files of an episode are, and where a command begins."""
ENVIRONMENT = {
    "HOME": HOME, "LANG": "C.UTF-8", "TERM": "dumb", "TZ": "UTC", "USER": "agent",
    "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONNOUSERSITE": "1",
}  # fmt: skip
_PEOPLE = {
    "passwd": b"agent:x:1000:1000::/home/agent:/bin/bash\n", "group": b"agent:x:1000:\n",
}  # fmt: skip
_PACKAGES = ("site-packages", "dist-packages")


TRY_SECONDS = 20.0


@cache
def failure() -> str:
    """Make a jail once and say why it cannot be done here; an empty text when it can.

    It asks for less than `process.bubblewrap` does, and works inside that too.
    """
    if sys.platform != "linux":
        return f"bubblewrap needs Linux, and this is {sys.platform}"
    if shutil.which("bwrap") is None:
        return "bwrap is not installed"
    tried = [sys.executable, "-P", "-c", f"from {__name__} import attempt; attempt()"]
    try:
        done = subprocess.run(
            tried,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TRY_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bwrap could not be run: {error}"
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()[-500:]
        return f"bwrap does not work here: {said or f'exit code {done.returncode}'}"
    return ""


def attempt() -> None:
    """Become a jail that ends at once."""
    _become(["/bin/sh", "-c", "test $$ = 1"])


async def execute(
    tree: Tree,
    argv: Sequence[str],
    *,
    stdin: bytes = b"",
    folder: str = "",
    environment: Mapping[str, str] | None = None,
    limits: Limits = LIMITS,
) -> tuple[Result, Tree]:
    """Run a command on a tree; return how it ended, and the tree afterwards.

    It is the same object when nothing changed, or when a limit other than that of output ended the
    command: what was half done then depends on the machine. Processes end with their command.
    `python FILE` and `python -c` cost a fork. Raises `SandboxError` when the jail fails.
    """
    request: dict[str, Any] = {
        "argv": list(argv), "stdin": base64.b64encode(stdin).decode(), "folder": folder,
        "environment": dict(environment or {}), "seconds": limits.seconds,
        "memory": limits.memory, "processes": limits.processes,
        "disk": min(limits.disk, DISK), "output": limits.output,
    }  # fmt: skip
    for word in (*argv, *request["environment"].values(), folder):
        if "\0" in word or (not word.isprintable() and not encodable(word)):
            return Result(2, errors="the command cannot be represented"), tree
    loop = asyncio.get_running_loop()
    async with _seats.setdefault(loop, asyncio.Semaphore(JAILS)):
        try:
            return await _run(request, tree, limits)
        except _Lost:  # once it may be the machine's doing, twice it is the command's
            try:
                return await _run(request, tree, limits)
            except _Lost as lost:
                raise SandboxError(f"A jail was lost: {lost}") from None


async def _run(request: dict[str, Any], tree: Tree, limits: Limits) -> tuple[Result, Tree]:
    jail = await _take()
    try:
        async with asyncio.timeout(limits.seconds + RUNAWAY_SECONDS):
            result, after = await jail.run(request, tree)
    except TimeoutError:
        jail.end()
        raise SandboxError("A jail gave no answer in time and was ended.") from None
    except (OSError, EOFError, frames.BadFrame):
        why = jail.last_words()
        if "MiB" in why:
            return Result(137, limit="memory"), tree
        raise _Lost(why) from None
    except BaseException:  # its answer must not reach the next one who asks
        jail.end()
        raise
    _keep(jail)
    return result, after


class _Lost(Exception):
    """A jail ended instead of answering."""


class Jail:
    """One jail, and what it is known to hold."""

    def __init__(self) -> None:
        self.child = Child(
            __name__, visible=[sys.base_prefix], streams={"stderr": subprocess.PIPE}, memory=MEMORY
        )
        self.child.channel.setblocking(False)
        self._numbers = itertools.count(1)
        self._holds: Tree | None = None

    async def started(self) -> None:
        """Wait until it is up."""
        await frames.receive_async(self._exactly)

    async def run(self, request: dict[str, Any], tree: Tree) -> tuple[Result, Tree]:
        """Run one command on a tree."""
        held, self._holds = self._holds, None
        anew = held is None or (held is not tree and _shape(held) != _shape(tree))
        order = sorted(tree) if anew else [] if held is tree else _differing(held or {}, tree)
        request |= {"anew": anew, "files": {path: _told(tree[path]) for path in order}}
        answer = await self._ask(json.dumps(request).encode())
        result = Result(
            int(answer["code"]), _text(answer["output"]), _text(answer["errors"]), answer["limit"]
        )
        if result.limit not in ("", "output"):
            return result, tree
        after = _changed(tree, answer["changes"])
        if not answer["moved"]:
            self._holds = after
        return result, after

    async def _ask(self, request: bytes) -> dict[str, Any]:
        number = next(self._numbers)
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(self.child.channel, frames.frame(number, request))
        answered, reply = await frames.receive_async(self._exactly)
        if answered != number:
            raise frames.BadFrame(f"{answered} was answered to request {number}")
        try:
            return cast("dict[str, Any]", json.loads(reply))
        except (ValueError, RecursionError) as error:
            raise frames.BadFrame(str(error)) from None

    async def _exactly(self, length: int) -> bytes:
        loop, parts = asyncio.get_running_loop(), bytearray()
        while len(parts) < length:
            part = await loop.sock_recv(self.child.channel, length - len(parts))
            if not part:
                raise EOFError
            parts += part
        return bytes(parts)

    def last_words(self) -> str:
        """End it and say how it ended."""
        ending = str(self.child._hear(1.0))  # pyright: ignore[reportPrivateUsage]
        process = self.child.process
        self.child.hang_up()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1.0)
        said = b""
        if process.poll() is not None and process.stderr:
            said = process.stderr.read()
        self.end()
        return f"{ending}. {said.decode(errors='replace').strip()[-500:]}".strip()

    def end(self) -> None:
        """Kill everything in it."""
        self.child.close()


def _shape(tree: Tree) -> list[tuple[str, type]]:
    return [(path, type(tree[path])) for path in sorted(tree)]


def _differing(held: Tree, tree: Tree) -> list[str]:
    return [path for path in sorted(tree) if held[path] != tree[path]]


def _told(node: File | Link | Folder) -> list[Any]:
    if isinstance(node, File):
        return ["file", base64.b64encode(node.content).decode(), node.executable]
    return ["link", node.target] if isinstance(node, Link) else ["folder"]


def _text(encoded: str) -> str:
    return base64.b64decode(encoded).decode(errors="replace")


def _changed(tree: Tree, changes: Mapping[str, Any]) -> Tree:
    """Apply what a command changed; the same object when that is nothing."""
    after = dict(tree)
    for path, node in changes.items():
        if node is None:
            after.pop(path, None)
        elif node[0] == "file":
            after[path] = File(base64.b64decode(node[1]), bool(node[2]))
        else:
            after[path] = Link(node[1]) if node[0] == "link" else Folder()
    return tree if after == tree else dict(sorted(after.items()))


_idle: deque[Jail] = deque()
_seats: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = (
    weakref.WeakKeyDictionary()
)


async def _take() -> Jail:
    while _idle:
        jail = _idle.pop()
        if jail.child.process.poll() is None:
            return jail
        jail.end()
    if why := failure():
        raise SandboxError(f"Nothing can be jailed here: {why}. `firsthand doctor` says more.")
    jail = Jail()
    try:
        async with asyncio.timeout(START_SECONDS):
            await jail.started()
    except (OSError, EOFError, TimeoutError, frames.BadFrame):
        raise SandboxError(f"A jail did not start: {jail.last_words()}") from None
    except BaseException:
        jail.end()
        raise
    return jail


def _keep(jail: Jail) -> None:
    if len(_idle) < JAILS:
        _idle.append(jail)
    else:
        jail.end()


def _end_all() -> None:
    while _idle:
        _idle.pop().end()


def _disown_all() -> None:
    while _idle:
        _idle.pop().child.disown()


atexit.register(_end_all)
os.register_at_fork(after_in_child=_disown_all)


def serve(channel: socket.socket, _arguments: Sequence[str] = ()) -> None:
    """Become a jail, in the process that was started for it."""
    python = os.path.realpath(sys.executable)
    source = Path(jailed.__file__).read_text()
    os.set_inheritable(channel.fileno(), True)
    inner = [python, "-P", "-s", "-c", source, str(channel.fileno())]
    _become(inner)


def _become(inner: Sequence[str]) -> None:
    argv = [shutil.which("bwrap") or "bwrap", *_recipe(), "--", *inner]
    os.execv(argv[0], argv)


def _recipe() -> list[str]:
    """Return the options of bubblewrap."""
    prefix = os.path.realpath(sys.base_prefix)
    options = [
        "--unshare-all", "--unshare-user", "--disable-userns", "--as-pid-1", "--die-with-parent",
        "--new-session", "--clearenv", "--uid", "1000", "--gid", "1000", "--hostname", "jail",
        "--ro-bind", "/usr", "/usr",
    ]  # fmt: skip
    for top in ("/bin", "/sbin", "/lib", "/lib32", "/lib64"):
        if os.path.islink(top):
            options += ["--symlink", os.readlink(top), top]
        elif os.path.isdir(top):
            options += ["--ro-bind", top, top]
    hidden = glob.glob("/usr/lib/python3*/dist-packages")
    if not f"{prefix}/".startswith("/usr/local/"):
        hidden.append("/usr/local")
    if not f"{prefix}/".startswith("/usr/"):
        options += ["--ro-bind", prefix, prefix]
    hidden += [path for name in _PACKAGES for path in glob.glob(f"{prefix}/lib/python3*/{name}")]
    if os.path.isdir("/etc/alternatives"):
        options += ["--ro-bind", "/etc/alternatives", "/etc/alternatives"]
    for name, content in _PEOPLE.items():
        options += ["--ro-bind-data", str(_readable(content)), f"/etc/{name}"]
    for path in filter(os.path.isdir, hidden):
        options += ["--tmpfs", path, "--remount-ro", path]
    options += ["--dev", "/dev", *_memory("/dev/shm", SMALL), "--remount-ro", "/dev"]
    options += [*_memory("/tmp", DISK), *_memory(HOME, DISK), "--remount-ro", "/"]
    path = f"{prefix}/bin:/usr/bin:/bin"
    for name, value in {**ENVIRONMENT, "PATH": path}.items():
        options += ["--setenv", name, value]
    if program := jail_filter.program():
        options += ["--seccomp", str(_readable(program))]
    return [*options, "--chdir", HOME]


def _memory(folder: str, size: int) -> list[str]:
    return ["--size", str(size), "--tmpfs", folder]


def _readable(content: bytes) -> int:
    """Return a file that the next program can read."""
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    os.set_inheritable(reading, True)
    return reading
