"""A checked out repository with a terminal: what all families of this domain share.

Commands are real bash and git in the jail. What is judged is the repository that is handed in, from
its objects, outside; nothing of it is executed then.
"""

from collections.abc import Mapping
from typing import ClassVar

from firsthand.environment import Action, Environment, Score, ToolCall, tool
from firsthand.sandbox.files import Files
from firsthand.sandbox.git import execute
from firsthand.sandbox.git_objects import Repository, Unreadable
from firsthand.sandbox.protocol import Limits, Tree

SHOWN = 5_000
"""Most characters of one command that are shown."""
LIMITS = Limits(seconds=30.0, disk=4 << 20)
HOW = (
    "You have a terminal with bash and git, in a checked out repository. Every command starts in "
    "its top folder; no editor opens (messages are given with -m, or kept), there is no network, "
    "and your name and the date are set."
)
SUBMIT = (
    "When the work is done, call `submit`: nothing counts before, and nothing can be done after it."
)
PEOPLE = (
    "Ada Ferro <ada@example.com>", "Ben Okoye <ben@example.com>", "Cleo Lind <cleo@example.com>",
    "Dario Meyer <dario@example.com>", "Esra Yildiz <esra@example.com>",
)  # fmt: skip
START = 1_920_000_000


class Checkout(Environment):
    """A repository and a terminal."""

    needs = frozenset({"git"})
    turns = 40

    tree: Tree

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
        """Write a text file, named relative to the top folder."""
        files = Files(self.tree)
        files.write(path, content.encode(errors="replace"))
        self.tree = files.tree
        return f"Wrote {len(content)} characters to {path}."

    def picture(self) -> str:
        """Draw the branches, each with its last commits."""
        try:
            repository = Repository(self.tree)
            return "\n".join(
                _line(repository, name, sha) for name, sha in sorted(repository.refs.items())
            )
        except Unreadable:
            return ""


class HandIn(Checkout):
    """A repository that is judged once, when it is handed in."""

    checks: ClassVar[tuple[str, ...]]
    """Names of what `judge` checks."""

    verdict: Mapping[str, bool] | None = None

    def judge(self, repository: Repository) -> Mapping[str, bool]:
        """Judge a repository; called once, when it is handed in. May raise `Unreadable`."""
        raise NotImplementedError

    @tool
    def submit(self) -> str:
        """Say that the work is done. This ends it."""
        try:
            self.verdict = self.judge(Repository(self.tree))
        except Unreadable:
            self.verdict = dict.fromkeys(self.checks, False)
        self.finish()
        return "Submitted."

    def score(self) -> Score:
        """Tell the verdict on what was handed in."""
        if self.verdict is None:
            return Score(submitted=False, **dict.fromkeys(self.checks, False))
        return Score(submitted=True, **self.verdict)


def _line(repository: Repository, name: str, sha: str) -> str:
    subjects: list[str] = []
    while sha in repository.objects and len(subjects) < 6:
        commit = repository.commit(sha)
        merge = " (merge)" if len(commit.parents) > 1 else ""
        subjects.append(f"{sha[:7]}{merge}")
        sha = next(iter(commit.parents), "")
    return f"{name}: {' <- '.join(subjects)}"


def call(name: str, **arguments: object) -> Action:
    """Return the action that calls one tool."""
    return Action(calls=(ToolCall(name, arguments, name),))
