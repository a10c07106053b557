"""A shell without a machine behind it: bash and its usual commands over files in memory.

The state is a value, the tree of files below the folder in which every command begins. Commands
run in worker processes (see `shell_worker`); variables, the current folder and files elsewhere end
with the command, as with `bash -c`. It costs a tenth of a real shell, starts nothing of this
machine, and gives equal results whenever it is run.
"""

import signal
from collections.abc import Mapping, Sequence

import msgspec

from firsthand.sandbox import shell_worker
from firsthand.sandbox.files import Files
from firsthand.sandbox.protocol import LIMITS, File, Folder, Limits, Link, Result, Tree
from firsthand.sandbox.workers import Lost, Workers

RUNAWAY_SECONDS = 300.0
"""How long an answer may take on a machine that is busy too."""
_workers = Workers(shell_worker.__name__, "shells")
_ENDINGS: dict[int, str] = {
    -signal.SIGALRM: "seconds", -signal.SIGABRT: "memory", -signal.SIGSEGV: "depth"
}  # fmt: skip
"""Which limit it was, when a command ended its worker."""
_decoder = msgspec.msgpack.Decoder(shell_worker.Reply)


async def execute(
    tree: Tree, command: str | Sequence[str], *, stdin: bytes = b"", limits: Limits = LIMITS
) -> tuple[Result, Tree]:
    """Execute a command on a tree and return how it ended, and the tree afterwards.

    It is the same tree when nothing changed. Raises `SandboxError`.
    """
    asked = shell_worker.request(command, tree, stdin, limits)
    try:
        request = msgspec.msgpack.encode(asked)
    except UnicodeEncodeError:
        return Result(2, errors="bash: the command cannot be represented"), tree
    try:
        answer = await _answer(request)
    except Lost as lost:
        if lost.code not in _ENDINGS:
            raise
        return Result(137, limit=_ENDINGS[lost.code]), tree
    reply = _decoder.decode(answer)
    result = Result(reply.code, reply.output, reply.errors, reply.limit)
    return result, _changed(tree, asked, reply)


async def _answer(request: bytes) -> bytes:
    """Ask twice: what ends a worker once may be the machine's doing, twice it is the command's."""
    try:
        return await _workers.ask(request, seconds=RUNAWAY_SECONDS)
    except Lost:
        return await _workers.ask(request, seconds=RUNAWAY_SECONDS)


def _changed(tree: Tree, asked: shell_worker.Request, reply: shell_worker.Reply) -> Tree:
    lost = reply.limit not in ("", "output")
    same = not reply.files and not reply.links and sorted(reply.folders) == sorted(asked.folders)
    if lost or same:
        return tree
    now: dict[str, File | Link | Folder] = {
        path: node for path, node in tree.items() if not isinstance(node, Folder)
    }
    changes: dict[str, File | Link | None] = {
        **{path: File(*file) if file else None for path, file in reply.files.items()},
        **{path: None if to is None else Link(to) for path, to in reply.links.items()},
    }
    for path, node in changes.items():
        if node is None:
            now.pop(path, None)
    now |= {path: node for path, node in changes.items() if node is not None}
    now |= {path: Folder() for path in reply.folders}
    return dict(sorted(now.items()))


def text_of(tree: Tree, path: str) -> str | None:
    """Return a file as text; None where there is none, or it is not text."""
    node = tree.get(path)
    if not isinstance(node, File):
        return None
    try:
        return node.content.decode()
    except UnicodeDecodeError:
        return None


def texts(files: Mapping[str, str]) -> Tree:
    """Return a tree of text files."""
    return {path: File(text.encode()) for path, text in sorted(files.items())}


class Shell(Files):
    """One episode's shell, as a `Sandbox`."""

    async def exec(
        self, command: str | Sequence[str], *, stdin: bytes = b"", limits: Limits = LIMITS
    ) -> Result:
        """Run one command to its end. Raises `SandboxError` when the sandbox itself fails."""
        result, self.tree = await execute(self.tree, command, stdin=stdin, limits=limits)
        return result
