"""The lessons learner of `learn/lessons` in a lab: the same budget as all others, gate included.

Rounds of play with random masks use up the budget but for the gate's share; then the gate plays new
lessons against none. Two ablations: `no_mask` shows every lesson and counts how plays went with and
without it; `no_gate` deploys what credit promoted.
"""

from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean
from typing import Any

import msgspec

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.learn.lab import Lab
from firsthand.learn.lessons.folder import RunFolder
from firsthand.learn.lessons.gate import GateRules
from firsthand.learn.lessons.learner import Life, reviewer_of, setup_of
from firsthand.learn.lessons.settings import LearnConfig
from firsthand.learn.rules.exploring import explorers, fitting, shares
from firsthand.playbook import Credit, Lesson, Playbook, merge
from firsthand.task import Split, Task

GATE_SHARE = 0.25
"""Most of the budget that the gate may take."""
PLAYS = 2
"""Plays of each train task, each with a mask of its own."""


async def lessons(lab: Lab) -> Agent:
    """Learn lessons by randomised inclusion and deploy them behind the gate."""
    return await _learn(LabLife(lab))


async def no_mask(lab: Lab) -> Agent:
    """Learn lessons whose credit is observed instead of randomised."""
    return await _learn(Unmasked(lab))


async def no_gate(lab: Lab) -> Agent:
    """Learn lessons and deploy what credit promoted, untested."""
    return await _learn(LabLife(lab, gated=False))


async def _learn(life: "LabLife") -> Agent:
    lab, config = life.lab, life.config
    reserved = int(GATE_SHARE * lab.left) if life.gated else 0
    reviewer = reviewer_of(lab.agent)
    for number, leave in enumerate(shares(lab.left - reserved, config.rounds), start=1):
        episodes = life.kept(await life.explore(number, leave + reserved))
        life.remember(episodes)
        life.settle(await life.review(number, reviewer, episodes))
        await lab.mark(life.candidate(number))
    if not life.gated:
        return life.candidate(config.rounds)
    await life.test(config.rounds)
    return lab.agent.with_playbook(life.deployed)


class LabLife(Life):
    """A lessons learner whose every episode goes through a lab."""

    def __init__(self, lab: Lab, *, gated: bool = True) -> None:
        config = LearnConfig(
            world=lab.world,
            level=lab.level,
            seed=lab.seed,
            concurrency=lab.concurrency,
            limits=lab.limits,
            reaction_pairs=0,
        )
        names = list(lab.environments)
        setup = setup_of(lab.agent, names, config, reviewer_of(lab.agent))
        folder = RunFolder(lab.folder / "lessons", setup, resume=True)
        super().__init__(lab.agent, folder, lambda _phase, _n: lambda _episode: None, lab.meter)
        self.lab, self.gated = lab, gated
        self.longest = 1
        """Turns of the longest episode so far: what a play of the gate is expected to take."""

    async def explore(self, number: int, leave: int) -> list[Episode]:
        """Play fresh train tasks, each play with its own random mask, until `leave` is left."""
        fresh = self.lab.tasks(fitting(self.lab, leave, plays=PLAYS))
        plays = [(task, play) for task in fresh for play in range(PLAYS)]
        agents = self.explorers(number, plays)
        tags = [{"phase": f"wake-{number}"}] * len(plays)
        played = await self.lab.play(agents, [task for task, _ in plays], tags=tags, leave=leave)
        self.longest = max([self.longest, *(len(episode.turns) for episode in played)])
        return played

    def explorers(self, number: int, plays: Sequence[tuple[Task, int]]) -> list[Agent]:
        """Return who plays: the working lessons under masks of their own."""
        seed = self.config.seed
        return [self.explorer(f"{seed}/{number}/{task.id}/{play}") for task, play in plays]

    def candidate(self, number: int) -> Agent:
        """Return the agent with the lessons that earned their place so far."""
        core = {name: self.core(name) for name in self.names}
        return self.start.with_playbook(self.joined(number, core))

    async def test(self, number: int) -> None:
        """Run the gate with as many pairs as the budget has turns for."""
        pairs = min(self.config.gate.pairs, self._pairs())
        if pairs:
            self.config = msgspec.structs.replace(self.config, gate=GateRules(pairs=pairs))
            await self.gate(number)

    def _pairs(self) -> int:
        return self.lab.left // (2 * self.longest * len(self.names))

    def _tasks(self, split: Split, n: int, *, start: int) -> list[Task]:
        return self.lab.tasks(n, split=split)

    async def _roll(
        self,
        phase: str,
        agents: Sequence[Agent],
        played: Sequence[Task],
        tags: Sequence[dict[str, Any]],
    ) -> list[Episode]:
        """Play for the gate, which ends where the budget does."""
        return await self.lab.play(agents, played, tags=tags)


class Unmasked(LabLife):
    """Credit by observation: how plays went that showed a lesson, and how those that did not."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab)
        self.with_lesson = defaultdict[str, list[float]](list)
        self.outcomes: list[tuple[float, frozenset[str]]] = []

    def explorers(self, number: int, plays: Sequence[tuple[Task, int]]) -> list[Agent]:
        """Return who plays: nobody wears a mask."""
        agent = self.start.with_playbook(self.working)
        return explorers(agent, self.config.seed * 1000 + number, [task for task, _ in plays])

    def remember(self, episodes: Sequence[Episode]) -> None:
        """Keep the outcome of each play and what it showed."""
        for episode in episodes:
            if episode.counted is not None:
                self.outcomes.append((episode.counted, frozenset(episode.shown)))
                for lesson in episode.shown:
                    self.with_lesson[lesson].append(episode.counted)

    def settle(self, proposals: Sequence[Lesson]) -> None:
        """Keep the lessons whose plays went better than the others did; all new ones are shown."""
        merged = merge(self.working.lessons, proposals)
        self.working = Playbook(self.working.version, tuple(map(self._judged, merged)))

    def _judged(self, lesson: Lesson) -> Lesson:
        shown = self.with_lesson.get(lesson.id)
        if not shown:
            return lesson
        without = [outcome for outcome, ids in self.outcomes if lesson.id not in ids]
        effect = fmean(shown) - (fmean(without) if without else 0.0)
        credit = Credit(round(effect, 4), 0.0, len(self.outcomes), float(len(shown)))
        state = "core" if effect > 0 else "retired"
        return msgspec.structs.replace(lesson, state=state, credit=credit)
