"""Real bash, in the jail: every program of this machine, on an episode's own files.

Variables, the current folder and background jobs end with their command, as with `bash -c`. There
is no /proc, so process substitution, `<(…)`, does not work; a pipe or a file does.
"""

from collections.abc import Sequence

from firsthand.sandbox import jail
from firsthand.sandbox.files import Files
from firsthand.sandbox.protocol import LIMITS, Limits, Result


class Bash(Files):
    """One episode's bash, as a `Sandbox`."""

    async def exec(
        self, command: str | Sequence[str], *, stdin: bytes = b"", limits: Limits = LIMITS
    ) -> Result:
        """Run one command to its end. Raises `SandboxError` when the sandbox itself fails."""
        argv = ["bash", "-c", command] if isinstance(command, str) else list(command)
        if not argv:
            return Result(2, errors="no command was given")
        result, self.tree = await jail.execute(self.tree, argv, stdin=stdin, limits=limits)
        return result
