"""A terminal over a tree of files: what all families of this domain share.

The agent runs commands and writes files until it says that it is done; only then is the tree
judged, by code outside the shell.
"""

from collections.abc import Mapping
from typing import ClassVar

from firsthand.environment import Action, Environment, Score, ToolCall, tool
from firsthand.sandbox.protocol import Limits, Tree
from firsthand.sandbox.shell import Shell, execute

SHOWN = 5_000
"""Most characters of one command that are shown."""
LIMITS = Limits(seconds=60.0, disk=4 << 20)
HOW = (
    "You have a terminal: bash with the usual commands (find, grep, sed, awk, sort, jq, ...), no "
    "network and no Python. Every command starts in the same folder; variables and `cd` are "
    "forgotten between commands, files in that folder are kept. When the work is done, call "
    "`submit`: nothing counts before, and nothing can be done after it."
)


class Terminal(Environment):
    """A tree of files, three tools, and a verdict on the tree that was submitted."""

    needs = frozenset({"shell"})
    turns = 40
    checks: ClassVar[tuple[str, ...]]
    """Names of what `judge` checks."""

    tree: Tree
    verdict: Mapping[str, bool] | None = None

    async def judge(self) -> Mapping[str, bool]:
        """Judge the tree; called once, when it is submitted."""
        raise NotImplementedError

    @tool
    async def run(self, command: str) -> str:
        """Run a bash command and show what it prints."""
        result, self.tree = await execute(self.tree, command, limits=LIMITS)
        text = result.text
        if len(text) <= SHOWN:
            return text
        return f"{text[:SHOWN]}\n[cut: {SHOWN:,} of {len(text):,} characters are shown]"

    @tool
    def write(self, path: str, content: str) -> str:
        """Write a text file, named relative to the starting folder."""
        shell = Shell(self.tree)
        shell.write(path, content.encode(errors="replace"))
        self.tree = shell.tree
        return f"Wrote {len(content)} characters to {path}."

    @tool
    async def submit(self) -> str:
        """Say that the work is done. This ends it."""
        self.verdict = await self.judge()
        self.finish()
        return "Submitted."

    def score(self) -> Score:
        """Tell the verdict on what was submitted."""
        if self.verdict is None:
            return Score(submitted=False, **dict.fromkeys(self.checks, False))
        return Score(submitted=True, **self.verdict)

    def picture(self) -> str:
        """Draw the tree."""
        lines: list[str] = []
        above: list[str] = []
        for path in sorted(self.tree):
            parts = path.split("/")
            same = 0
            while same < len(parts) - 1 and parts[same : same + 1] == above[same : same + 1]:
                same += 1
            lines += [f"{'  ' * i}{part}/" for i, part in enumerate(parts[:-1]) if i >= same]
            lines.append(f"{'  ' * (len(parts) - 1)}{parts[-1]}")
            above = parts[:-1]
        return "\n".join(lines[:60])


def call(name: str, **arguments: object) -> Action:
    """Return the action that calls one tool."""
    return Action(calls=(ToolCall(name, arguments, name),))
