"""Real git on an episode's files, inside the jail; judged outside from the objects alone.

The state is the whole folder, `.git` included. Names, dates and configuration of the machine do not
reach git, so equal commands make equal hashes. Hooks, aliases and filters that an agent plants run
where its other programs run, in the jail; what judges (`git_objects`) executes nothing. Left out:
remotes, since there is no network.
"""

import hashlib
import struct
from collections.abc import Sequence

import msgspec

from firsthand.sandbox import jail
from firsthand.sandbox.protocol import LIMITS, File, Limits, Result, Tree

WHO = ("Agent", "agent@example.com")
ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "GIT_CONFIG_COUNT": "2",
    "GIT_CONFIG_KEY_0": "gc.auto", "GIT_CONFIG_VALUE_0": "0",
    "GIT_CONFIG_KEY_1": "advice.detachedHead", "GIT_CONFIG_VALUE_1": "false",
    "GIT_AUTHOR_NAME": WHO[0], "GIT_AUTHOR_EMAIL": WHO[1],
    "GIT_COMMITTER_NAME": WHO[0], "GIT_COMMITTER_EMAIL": WHO[1],
    "GIT_AUTHOR_DATE": "2031-03-01T12:00:00Z", "GIT_COMMITTER_DATE": "2031-03-01T12:00:00Z",
    "GIT_PAGER": "cat", "PAGER": "cat", "GIT_EDITOR": "true", "GIT_MERGE_AUTOEDIT": "no",
    "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0",
}  # fmt: skip
"""Every commit has one date; no command waits for an editor, a pager or a password."""
_STAT = 40
"""Bytes at the start of an entry of the index that describe the file on this machine."""


async def execute(
    tree: Tree, command: str | Sequence[str], *, stdin: bytes = b"", limits: Limits = LIMITS
) -> tuple[Result, Tree]:
    """Run a command (a text is for bash) on a tree; return how it ended, and the tree afterwards.

    It is the same tree when nothing changed. Raises `SandboxError`.
    """
    argv = ["bash", "-c", command] if isinstance(command, str) else list(command)
    result, after = await jail.execute(
        tree, argv, stdin=stdin, environment=ENVIRONMENT, limits=limits
    )
    index = after.get(".git/index")
    if after is tree or not isinstance(index, File):
        return result, after
    plain = msgspec.structs.replace(index, content=without_times(index.content))
    return result, {**after, ".git/index": plain}


def without_times(index: bytes) -> bytes:
    """Return an index without times and numbers of this machine: git then compares contents.

    What is not understood is returned as it is.
    """
    if index[:8] != b"DIRC\0\0\0\2" or len(index) < 32:
        return index
    (count,) = struct.unpack(">I", index[8:12])
    plain, place = bytearray(index), 12
    for _ in range(count):
        end = plain.find(b"\0", place + 62)
        if end < 0:
            return index
        mode, size = plain[place + 24 : place + 28], plain[place + 36 : place + 40]
        plain[place : place + _STAT] = bytes(24) + mode + bytes(8) + size
        place += (end - place) // 8 * 8 + 8
    plain[-20:] = hashlib.sha1(plain[:-20]).digest()
    return bytes(plain)
