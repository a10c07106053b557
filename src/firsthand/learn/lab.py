"""What a learner gets: an agent to improve, tasks to learn on, and `play`, all of it counted.

One budget serves every learner, in turns of the environment, so that ways of learning can be
compared. A learner is a function of a lab that returns a better agent. It may play what and as
whom it likes, as long as it goes through `Lab.play`; tasks of the `eval` split it never sees.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.errors import UserError
from firsthand.journal.journal import Journal
from firsthand.registry import tasks
from firsthand.rollout.play import Limits
from firsthand.rollout.pool import rollout
from firsthand.task import Split, Task
from firsthand.usage import Meter

TASKS_OF_A_SEED = 1_000_000
"""Tasks are numbered from `seed` times this, so that no two learner seeds share one."""


class Learner(Protocol):
    """Learn in a lab and return the agent that shall be deployed."""

    def __call__(self, lab: "Lab", /) -> Awaitable[Agent]:
        """Learn; `lab.left` says how many turns may still be played."""
        ...


class Lab:
    """Play, counted against a budget of turns, resumable by episode.

    Episodes are named before they are played, and those that the journal holds are returned from
    it: a learner that is started again repeats its own history and goes on where it stopped.
    """

    def __init__(
        self,
        agent: Agent,
        environments: Sequence[str],
        *,
        folder: Path,
        budget: int,
        world: int = 0,
        level: int = 1,
        seed: int = 0,
        limits: Limits = Limits(),
        concurrency: int = 8,
        run: str = "lab",
        alter: Callable[[list[Episode]], list[Episode]] | None = None,
        meter: Meter | None = None,
        progress: Callable[[Episode], None] | None = None,
        mark: Callable[[Agent, "Lab"], Awaitable[None]] | None = None,
        note: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> None:
        """`alter` changes what learners see of finished episodes: controls shuffle outcomes with
        it. `mark` is called where the learner says that it has come to a new agent, `note` with
        what a trainer writes down of each optimizer step.
        """
        if budget < 1:
            raise UserError(f"A budget counts turns of the environment, from 1; got {budget}.")
        self.agent, self.environments = agent, tuple(environments)
        self.folder, self.budget, self.spent = folder, budget, 0
        self.world, self.level, self.seed = world, level, seed
        self.limits, self.concurrency, self.run = limits, concurrency, run
        self.meter, self.progress = meter or Meter(), progress
        self.journal = Journal(folder / "journal")
        self.note = note
        self._alter, self._mark = alter, mark
        self._drawn: dict[Split, int] = {}

    @property
    def left(self) -> int:
        """Turns that may still be played."""
        return max(0, self.budget - self.spent)

    def tasks(self, n: int, *, split: Split = "train") -> list[Task]:
        """Return n fresh tasks of each environment, interleaved; none comes twice.

        Raises `UserError` for the `eval` split.
        """
        if split == "eval":
            raise UserError("Tasks of the eval split are for evaluation only: nobody learns there.")
        start = self.seed * TASKS_OF_A_SEED + self._drawn.get(split, 0)
        self._drawn[split] = self._drawn.get(split, 0) + n
        columns = [
            tasks(name, n, split=split, level=self.level, world=self.world, start=start)
            for name in self.environments
        ]
        return [task for row in zip(*columns, strict=True) for task in row]

    async def play(
        self,
        agent: Agent | Sequence[Agent],
        played: Sequence[Task],
        *,
        tags: Mapping[str, str] | Sequence[Mapping[str, str]] | None = None,
    ) -> list[Episode]:
        """Play tasks while turns are left, and return the episodes in the order of the tasks.

        Whole waves of `concurrency` episodes begin while the budget has turns left, so that it is
        passed by less than one wave. The list is shorter than `played` where it ran out.
        """
        episodes: list[Episode] = []
        agents = [agent] * len(played) if isinstance(agent, Agent) else list(agent)
        given = [dict(tags or {})] * len(played) if not isinstance(tags, Sequence) else list(tags)
        for start in range(0, len(played), self.concurrency):
            if not self.left:
                break
            wave = slice(start, min(start + self.concurrency, start + self.left))
            found = await rollout(
                agents[wave],
                played[wave],
                limits=self.limits,
                concurrency=self.concurrency,
                journal=self.journal,
                run=self.run,
                tags=given[wave],
                resume=True,
                progress=self.progress,
                meter=self.meter,
            )
            self.spent += sum(max(1, len(episode.turns)) for episode in found)
            episodes += found
        return self._alter(episodes) if self._alter else episodes

    async def mark(self, agent: Agent) -> None:
        """Say that learning has come to this agent: a point of the learning curve."""
        if self._mark:
            await self._mark(agent, self)
