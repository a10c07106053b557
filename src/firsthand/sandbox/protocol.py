"""What every sandbox offers, whatever runs in it: commands, files, and a state that is a value.

A sandbox holds the state of one episode as plain values in this process; whatever executes, in a
process that can be killed, gets that state and gives back the next one. So sandboxes fork, copy and
compare like any other value, grading reads files without running anything of the agent's, and
nothing of an episode is left in a worker. Left out: background jobs and interactive programs, since
both live longer than a command.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one command may use. What exceeds a limit ends the command, which is then said."""

    seconds: float = 10.0
    """Wall time. It only stops a runaway: results must not depend on it."""
    memory: int = 256 << 20
    """Bytes of address space of one process."""
    processes: int = 32
    disk: int = 16 << 20
    """Bytes of all files together."""
    output: int = 64 << 10
    """Bytes of standard output, and of standard error."""


LIMITS = Limits()


class Result(msgspec.Struct, frozen=True):
    """How a command ended. `limit` names the limit that ended it or cut its output, if one did."""

    code: int
    output: str = ""
    errors: str = ""
    limit: str = ""

    @property
    def text(self) -> str:
        """What a terminal would show, and how the command ended where that is not well."""
        shown = "\n".join(part.rstrip("\n") for part in (self.output, self.errors) if part)
        ending = f"[exit code {self.code}]" if self.code else ""
        stopped = f"[stopped: over the limit of {self.limit}]" if self.limit else ""
        return "\n".join(part for part in (shown, ending, stopped) if part) or "(no output)"


class File(msgspec.Struct, frozen=True):
    """A regular file."""

    content: bytes = b""
    executable: bool = False


class Link(msgspec.Struct, frozen=True):
    """A symbolic link. It is never followed outside the sandbox."""

    target: str


class Folder(msgspec.Struct, frozen=True):
    """A folder that holds nothing; the others follow from the paths of what they hold."""


Tree = Mapping[str, File | Link | Folder]
"""Paths, relative and with slashes, to what is there."""


class Sandbox(Protocol):
    """One episode's place for commands and files."""

    async def exec(
        self, command: str | Sequence[str], *, stdin: bytes = b"", limits: Limits = LIMITS
    ) -> Result:
        """Run one command to its end. Raises `SandboxError` when the sandbox itself fails, never
        for what the command does.
        """
        ...

    def read(self, path: str) -> bytes:
        """Return a file's content. Raises `ToolError`, naming the nearest path, where there is
        none.
        """
        ...

    def write(self, path: str, content: bytes) -> None:
        """Write a file, with the folders above it. Raises `ToolError` for a path outside."""
        ...

    def list(self, folder: str = "") -> list[str]:
        """Return the paths of everything below a folder, sorted."""
        ...

    def snapshot(self) -> Any:
        """Return the state as a value that later commands do not change."""
        ...

    def restore(self, state: Any) -> None:
        """Go back to a state that `snapshot` returned; it can be restored again."""
        ...

    async def close(self) -> None:
        """Release what is held outside this process; harmless when done twice."""
        ...
