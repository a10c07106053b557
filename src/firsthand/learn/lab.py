"""What a learner gets: an agent to improve, tasks to learn on, and `play`, all of it counted.

One budget serves every learner, in turns of the environment, so that ways of learning can be
compared. A learner is a function of a lab that returns a better agent. It may play what and as
whom it likes, as long as it goes through `Lab.play`; tasks of the `eval` split it never sees.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.errors import UserError
from firsthand.journal.journal import Journal
from firsthand.learn.curriculum import Curriculum, Place
from firsthand.registry import lookup, tasks
from firsthand.rollout.play import Limits, episode_id
from firsthand.rollout.pool import rollout
from firsthand.task import Split, Task
from firsthand.usage import Meter, Usage

TASKS_OF_A_SEED = 1_000_000
"""Tasks are numbered from `seed` times this, so that no two learner seeds share one."""


class Learner(Protocol):
    """Learn in a lab and return the agent that shall be deployed."""

    def __call__(self, lab: "Lab", /) -> Awaitable[Agent]:
        """Learn; `lab.left` says how many turns may still be played."""
        ...


class Lab:
    """Play, counted against a budget of turns, resumable by episode.

    Each call of `play` is numbered and each of its episodes has a name before it is played. Those
    that the journal holds are returned from it, counted as they were when they were played: a
    learner that is started again repeats its own history and goes on where it stopped. That needs
    a learner that asks for the same plays in the same order: its random numbers follow from
    `lab.seed`.
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
        curriculum: Curriculum | None = None,
    ) -> None:
        """`alter` changes what learners see of finished episodes, call by call: controls shuffle
        outcomes with it. `mark` is called where the learner says that it has come to a new agent,
        `note` with what a trainer writes down of each optimizer step. `curriculum` decides which
        environments and levels train tasks come from where a learner does not say; it sees the
        episodes that learners see.
        """
        if budget < 1:
            raise UserError(f"A budget counts turns of the environment, from 1; got {budget}.")
        self.agent, self.environments = agent, tuple(environments)
        self.folder, self.budget, self.spent = folder, budget, 0
        self.world, self.level, self.seed = world, level, seed
        self.limits, self.concurrency, self.run = limits, concurrency, run
        self.meter, self.progress = meter or Meter(), progress
        self.usage = Usage()
        """What the model calls of its episodes took, those from the journal included."""
        self.unplayed = 0
        """Plays that were asked for when the budget had run out."""
        self.journal = Journal(folder / "journal")
        self.note, self.curriculum = note, curriculum
        self._alter, self._mark = alter, mark
        self._calls = 0
        self._drawn: dict[tuple[Split, Place], int] = {}

    @property
    def left(self) -> int:
        """Turns that may still be played."""
        return max(0, self.budget - self.spent)

    def tasks(
        self,
        n: int,
        *,
        split: Split = "train",
        level: int | None = None,
        environments: Sequence[str] | None = None,
    ) -> list[Task]:
        """Return n fresh tasks of each environment, interleaved; none comes twice.

        `level` and `environments` are the lab's own unless given. With a curriculum and neither
        given, train tasks are as many, and come from the environments and levels that it draws.
        Raises `UserError` for the `eval` split, and for environments that are not the lab's.
        """
        if split == "eval":
            raise UserError("Tasks of the eval split are for evaluation only: nobody learns there.")
        if self.curriculum and split == "train" and level is None and environments is None:
            drawn = self.curriculum.draw(n * len(self.environments))
            return [self._next(split, place) for place in drawn]
        level = self.level if level is None else level
        names = self.environments if environments is None else tuple(environments)
        if others := [name for name in names if name not in self.environments]:
            raise UserError(
                f"This lab is about {', '.join(self.environments)}, not {', '.join(others)}."
            )
        return [self._next(split, Place(name, level)) for _ in range(n) for name in names]

    def _next(self, split: Split, place: Place) -> Task:
        """Return the next task of a place."""
        number = self._drawn.get((split, place), 0)
        self._drawn[split, place] = number + 1
        start = self.seed * TASKS_OF_A_SEED + number
        name, level = place
        return tasks(name, 1, split=split, level=level, world=self.world, start=start)[0]

    async def play(
        self,
        agent: Agent | Sequence[Agent],
        played: Sequence[Task],
        *,
        tags: Mapping[str, str] | Sequence[Mapping[str, str]] | None = None,
        leave: int = 0,
    ) -> list[Episode]:
        """Play tasks while more than `leave` turns are left; return episodes in the tasks' order.

        An episode begins if those before it in the list have left turns to play, whatever the
        concurrency is, so only the last one can pass the budget. Where turns run out the list is
        shorter than `played`, and `unplayed` counts what is missing.
        """
        agents = [agent] * len(played) if isinstance(agent, Agent) else list(agent)
        given = [dict(tags or {})] * len(played) if not isinstance(tags, Sequence) else list(tags)
        if not len(agents) == len(given) == len(played):
            raise UserError(
                f"Got {len(agents)} agents and {len(given)} sets of tags for {len(played)} tasks: "
                "give one for all of them, or one for each."
            )
        self._calls += 1
        numbered = [
            {**own, "call": str(self._calls), "play": str(number)}
            for number, own in enumerate(given)
        ]
        episodes: list[Episode] = []
        while len(episodes) < len(played) and self.left > leave:
            start = len(episodes)
            wave = slice(start, start + self._fits(played[start:], self.left - leave))
            found = await self._wave(agents[wave], played[wave], numbered[wave])
            self.spent += sum(max(1, len(episode.turns)) for episode in found)
            self.usage = sum((own.usage for own in found if own.usage), self.usage)
            episodes += found
        self.unplayed += len(played) - len(episodes)
        seen = self._alter(episodes) if self._alter else episodes
        if self.curriculum:
            self.curriculum.learn(seen)
        return seen

    def _fits(self, played: Sequence[Task], turns: int) -> int:
        """Return how many episodes may begin at once: all but the last fit in whatever happens."""
        n = 0
        for task in played[: self.concurrency]:
            if turns <= 0:
                break
            turns -= self.limits.turns or lookup(task.environment).turns
            n += 1
        return n

    async def _wave(
        self, agents: Sequence[Agent], played: Sequence[Task], tags: Sequence[dict[str, str]]
    ) -> list[Episode]:
        ids = [
            episode_id(task, own.id, self.run, given)
            for own, task, given in zip(agents, played, tags, strict=True)
        ]
        if all(id in self._held for id in ids):
            return [self._held[id] for id in ids]
        return await rollout(
            agents,
            played,
            limits=self.limits,
            concurrency=self.concurrency,
            journal=self.journal,
            run=self.run,
            tags=tags,
            resume=True,
            progress=self.progress,
            meter=self.meter,
        )

    @cached_property
    def _held(self) -> dict[str, Episode]:
        """The episodes of an earlier, interrupted run of the same learner."""
        return {episode.id: episode for episode in self.journal.episodes(run=self.run)}

    async def mark(self, agent: Agent) -> None:
        """Say that learning has come to this agent: a point of the learning curve."""
        if self._mark:
            await self._mark(agent, self)
