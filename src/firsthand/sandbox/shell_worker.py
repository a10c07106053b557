"""The process in which shell scripts that an agent wrote are executed: one request, one answer.

The shell is bashkit: bash and some hundred commands in one library, over files in memory. Every
command gets a fresh instance in a thread of its own, with a clock that stands still and randomness
that the command decides, so equal commands on equal files give equal results. The process can
neither open files or sockets nor start others. Left out:
what outlives a command (variables, the current folder, background jobs), and files outside the
tree.
"""

import importlib.util
import os
import resource
import shlex
import signal
import socket
import threading
from collections.abc import Sequence
from typing import Any

import msgspec

from firsthand.process import frames, seccomp
from firsthand.sandbox.pinned import Pinned
from firsthand.sandbox.protocol import File, Folder, Limits, Link

HOME = "/work"
"""Where the tree is, and where every command begins."""
REQUESTS = 5_000
"""How many a worker answers before another takes its place: what leaks, ends with it."""
COMMANDS, ITERATIONS = 20_000, 100_000
"""What one script may do; these, not the clock, end what runs away."""
FIRST = "echo $RANDOM $SRANDOM; mktemp; head -c 1 /dev/urandom; declare -A m; date"
"""What is set up on first use is set up by this, so that no command is the first."""
STARTING = 160 << 20
"""Address space beyond what is held: stacks of threads, and the library itself."""

_THREADS = {
    "clone": (56, 220), "clone3": (435, 435), "fcntl": (72, 25),
    "epoll_create1": (291, 20), "epoll_ctl": (233, 21), "epoll_wait": (232, 22),
    "epoll_pwait": (281, 22), "eventfd2": (290, 19), "set_robust_list": (273, 99),
    "rseq": (334, 293), "prlimit64": (302, 261), "sched_getaffinity": (204, 123),
    "set_tid_address": (218, 96), "poll": (7, 73), "prctl": (157, 167),
    "clock_nanosleep": (230, 115),
    "tgkill": (234, 131),
}  # fmt: skip
"""What threads and the library's own event loop take beyond computing."""


class Request(msgspec.Struct, frozen=True, array_like=True):
    """One command on one tree: its links come after what is in folders."""

    command: str
    files: dict[str, tuple[bytes, bool]]
    links: dict[str, str]
    folders: list[str]
    stdin: bytes
    limits: Limits


class Reply(msgspec.Struct, frozen=True, array_like=True):
    """How it ended, and what of the tree is different: None where something is gone."""

    code: int
    output: str
    errors: str
    limit: str
    files: dict[str, tuple[bytes, bool] | None]
    links: dict[str, str | None]
    folders: list[str]


def request(command: str | Sequence[str], tree: Any, stdin: bytes, limits: Limits) -> Request:
    """Put a tree into the form in which it is sent."""
    text = command if isinstance(command, str) else shlex.join(command)
    files = {p: (n.content, n.executable) for p, n in tree.items() if isinstance(n, File)}
    links = {path: node.target for path, node in tree.items() if isinstance(node, Link)}
    folders = [path for path, node in tree.items() if isinstance(node, Folder)]
    return Request(text, files, links, folders, stdin, limits)


def serve(channel: socket.socket, _arguments: Sequence[str] = ()) -> None:
    """Load the library, give up what shells do not need, then fork for each request."""
    found = importlib.util.find_spec("bashkit")
    assert found and found.submodule_search_locations
    library = os.path.join(found.submodule_search_locations[0], "_bashkit.abi3.so")
    pinned = Pinned(library, "PyInit__bashkit")
    import bashkit

    _shell(bashkit, Limits()).execute_sync(FIRST)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # nobody reads what panics print: it would fill
    seccomp.confine(seccomp.COMPUTING | _THREADS)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 + STARTING
    decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(Request)
    frames.send(channel, 0, b"")
    for _ in range(REQUESTS):
        if (received := frames.receive(channel)) is None:
            return
        asked = decoder.decode(received[1])
        signal.setitimer(signal.ITIMER_REAL, asked.limits.seconds)  # its signal ends the process
        _bound(base + asked.limits.memory)
        pinned.seed(asked.command.encode())
        answer = msgspec.msgpack.encode(_apart(asked, bashkit))
        signal.setitimer(signal.ITIMER_REAL, 0)
        frames.send(channel, received[0], answer)


def _bound(memory: int) -> None:
    """Set the most address space, within what this process was given itself."""
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    least = memory if most == resource.RLIM_INFINITY else min(memory, most)
    resource.setrlimit(resource.RLIMIT_AS, (least, most))


def _apart(asked: Request, bashkit: Any) -> Reply:
    """Execute in a thread of its own: what the library keeps for a thread begins anew with it."""
    done: list[Reply] = []

    def work() -> None:
        try:
            done.append(execute(asked, bashkit))
        except MemoryError:
            done.append(Reply(1, "", "", "memory", {}, {}, asked.folders))
        except BaseException as error:  # also the library's own panics, which are no Exception
            said = f"bash: {str(error)[:500]}\n"
            done.append(Reply(1, "", said, "", {}, {}, asked.folders))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return done[0]


def _shell(bashkit: Any, limits: Limits) -> Any:
    """Return a fresh shell. `sleep` takes no time, `shuf` has no randomness to draw from."""

    def shuf(_context: Any) -> Any:
        return bashkit.BuiltinResult(stderr="shuf: there is no randomness here\n", exit_code=1)

    return bashkit.Bash(
        username="agent",
        hostname="box",
        cwd=HOME,
        env={"HOME": HOME, "LC_ALL": "C"},
        max_commands=COMMANDS,
        max_loop_iterations=ITERATIONS,
        max_memory=limits.disk + (1 << 20),
        timeout_seconds=limits.seconds,
        custom_builtins={"sleep": lambda _context: "", "shuf": shuf},  # pyright: ignore
        profile=bashkit.ExecutionProfile.Interactive,
    )


def execute(asked: Request, bashkit: Any) -> Reply:
    """Lay out the tree, run the command, and find what is different."""
    shell = _shell(bashkit, asked.limits)
    files = shell.fs()
    _lay_out(files, asked)
    command = asked.command
    if asked.stdin:
        files.write_file("/tmp/.stdin", asked.stdin)
        command = f"{{ {command}\n}} < /tmp/.stdin"
    result = shell.execute_sync(command)
    output, cut = _cut(result.stdout, asked.limits.output)
    errors, cut_too = _cut(result.stderr, asked.limits.output)
    over = cut or cut_too or result.stdout_truncated or result.stderr_truncated
    now: tuple[dict[str, tuple[bytes, bool]], dict[str, str], list[str]] = ({}, {}, [])
    _read(files, "", now)
    if sum(len(content) for content, _ in now[0].values()) > asked.limits.disk:
        return Reply(1, output, errors, "disk", {}, {}, asked.folders)
    changed: dict[str, Any] = {p: n for p, n in now[0].items() if asked.files.get(p) != n}
    links: dict[str, Any] = {p: n for p, n in now[1].items() if asked.links.get(p) != n}
    changed |= dict.fromkeys(asked.files.keys() - now[0].keys())
    links |= dict.fromkeys(asked.links.keys() - now[1].keys())
    return Reply(result.exit_code, output, errors, "output" if over else "", changed, links, now[2])


def _cut(text: str, most: int) -> tuple[str, bool]:
    return (text[:most], True) if len(text) > most else (text, False)


def _lay_out(files: Any, asked: Request) -> None:
    """Write the tree, sorted, since the order in which files are made can be seen."""
    made = {""}

    def folder(path: str) -> None:
        if path not in made:
            made.add(path)
            files.mkdir(f"{HOME}/{path}", recursive=True)

    files.mkdir(HOME, recursive=True)
    for path in sorted(asked.folders):
        folder(path)
    for path, (content, executable) in sorted(asked.files.items()):
        folder(_above(path))
        files.write_file(f"{HOME}/{path}", content)
        if executable:
            files.chmod(f"{HOME}/{path}", 0o755)
    for path, target in sorted(asked.links.items()):
        folder(_above(path))
        files.symlink(target, f"{HOME}/{path}")


def _above(path: str) -> str:
    return path.rpartition("/")[0]


def _read(files: Any, folder: str, into: tuple[dict[str, Any], dict[str, str], list[str]]) -> None:
    entries = files.read_dir(f"{HOME}/{folder}" if folder else HOME)
    if folder and not entries:
        into[2].append(folder)
    for entry in entries:
        path = f"{folder}/{entry['name']}" if folder else entry["name"]
        kind = entry["metadata"]["file_type"]
        if kind == "directory":
            _read(files, path, into)
        elif kind == "symlink":
            into[1][path] = files.read_link(f"{HOME}/{path}")
        elif kind == "file":
            content = files.read_file(f"{HOME}/{path}")
            into[0][path] = (content, bool(entry["metadata"]["mode"] & 0o100))
