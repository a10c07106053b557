"""One target under audit: its processes, its instances, and what is known of them.

A session holds what all checks share and never changes by being asked; what one check does and
finds is in its own `CheckRun` (accusation.py).
"""

import random
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from statistics import median

from firsthand.audit import budget
from firsthand.audit.budget import (
    CHECK_SECONDS,
    COSTLY,
    COSTLY_INSTANCES,
    MANY_PROCESSES,
    MOST_PLAY_SECONDS,
    ORACLE_SECONDS,
    ORDINARY_PROCESSES,
    SEEDS,
    TASKS,
    Options,
)
from firsthand.audit.formats import actions as written_actions
from firsthand.audit.formats.answers import (
    Slot,
    common_frames,
    frame_of,
    label_counts,
    many_right_answers,
)
from firsthand.audit.formats.bad_plays import wrong_answers, wrong_plans
from firsthand.audit.formats.programs import program
from firsthand.audit.process.pool import PLAY_SECONDS, Lab
from firsthand.audit.stats.luck import Luck
from firsthand.audit.targets.protocol import Facts, Instance, Play, Spec, Trace
from firsthand.task import digest


class NotRun(Exception):
    """A check that applies cannot run; the text says why."""


class Session:
    """Everything checks share."""

    def __init__(
        self,
        spec: Spec,
        options: Options = Options(),
        *,
        tick: Callable[[int], None] | None = None,
    ) -> None:
        self.spec, self.options = spec, options
        self.lab = Lab(spec, workers=options.workers, tick=tick)
        try:
            self.facts: Facts = self.lab.start()
        except BaseException:
            self.lab.close()
            raise
        self.left_out: frozenset[int] = frozenset()
        """Instances that were shown to pay for nothing: later checks would only repeat that."""

    def close(self) -> None:
        """End the target's processes."""
        self.lab.close()

    def leave_out(self, seeds: Iterable[int]) -> None:
        """Attack these instances no more."""
        self.left_out |= frozenset(seeds)
        for known in ("usable", "labels", "luck"):
            self.__dict__.pop(known, None)

    # --- instances -----------------------------------------------------------------------------

    def stream(self, name: str, n: int) -> list[int]:
        """Return `n` seeds; streams with different names share none.

        A target with few instances gives each at most once.
        """
        if self.facts.instances is not None:
            places = list(range(self.facts.instances))
            random.Random(digest(f"{self.options.key}#{name}")).shuffle(places)
            return places[:n]
        part = digest(name) % 997
        first = digest(f"{self.options.key}#seeds") % 2**20 if self.options.key else 0
        return [(first + index) * 997 + part for index in range(n)]

    @cached_property
    def instances(self) -> list[Instance]:
        """All of a grader's tasks up to the budget, or as many seeds as were asked for."""
        most = min(self.options.seeds, SEEDS[self.options.budget])
        if self.facts.instances is not None:
            most = min(self.facts.instances, max(most, 24), TASKS[self.options.budget])
        return self.lab.instances(sorted(self.stream("certify", most)))

    @cached_property
    def by_seed(self) -> dict[int, Instance]:
        """The instances by seed."""
        return {instance.seed: instance for instance in self.instances}

    @cached_property
    def solved(self) -> dict[int, Trace]:
        """Seed to what the oracle's play showed."""
        asked = [instance for instance in self.instances if not instance.fault]
        usual, self.lab.seconds = self.lab.seconds, max(self.lab.seconds, ORACLE_SECONDS)
        try:
            traces = self.lab.run([Play(instance.seed, instance.oracle) for instance in asked])
        finally:
            self.lab.seconds = usual
        return {instance.seed: trace for instance, trace in zip(asked, traces, strict=True)}

    @cached_property
    def usable(self) -> list[Instance]:
        """The instances whose oracle earns something; only these are attacked."""
        paid = {seed for seed, trace in self.solved.items() if trace.paid > 0} - self.left_out
        return [instance for instance in self.instances if instance.seed in paid]

    @cached_property
    def actions(self) -> list[str]:
        """Concrete actions of an episodic target: its grammar filled in, and its oracles'."""
        return written_actions.actions(self.instances[:200], self.facts.grammar)

    @cached_property
    def top(self) -> float:
        """What the oracle earns at most on any instance, or 1."""
        return max(1.0, *(trace.paid for trace in self.solved.values()))

    def best(self, seed: int) -> float:
        """Return what the oracle earns on an instance."""
        return self.solved[seed].paid

    def value(self, seed: int, trace: Trace) -> float:
        """Return a play's return as a share of the oracle's on the same instance."""
        best = self.solved[seed].paid if seed in self.solved else 0.0
        return trace.paid / best if best > 0 else trace.paid

    # --- how much is played --------------------------------------------------------------------

    @cached_property
    def costly(self) -> bool:
        """Whether plays start processes, so that attacks have to choose.

        Processes are counted where seconds would make the result depend on the machine.
        """
        return self.facts.costly or self.processes >= 1

    @cached_property
    def processes(self) -> float:
        """How many processes the oracle's play usually starts: the median over instances."""
        return median([self.solved[i.seed].spawned for i in self.usable] or [0])

    @cached_property
    def weight(self) -> int:
        """How many plays one play counts as: more than 1 where it starts many processes."""
        return max(1, round(self.processes / ORDINARY_PROCESSES))

    @property
    def many_processes(self) -> bool:
        """Whether plays start so many processes that variations of an attack are left out."""
        return self.processes >= MANY_PROCESSES

    @property
    def check_seconds(self) -> float:
        """Seconds after which a check is a runaway: longer where plays start many processes."""
        weight = self.weight if "usable" in self.__dict__ else 1
        return CHECK_SECONDS[self.options.budget] * weight

    @cached_property
    def play_seconds(self) -> float:
        """Seconds after which a play hangs: longer where a play starts many processes.

        A grader may give each of its cases a time of its own; a program that hangs takes them all.
        """
        if not self.costly:
            return PLAY_SECONDS
        spawned = [self.solved[instance.seed].spawned for instance in self.usable]
        return min(PLAY_SECONDS * (1 + max(spawned, default=0)), MOST_PLAY_SECONDS)

    def some(self, n: int) -> list[Instance]:
        """Return up to `n` usable instances, evenly spread; fewer where plays are costly.

        Where plays start many processes, these are the instances that start fewest.
        """
        if self.weight == 1:
            most = COSTLY_INSTANCES if self.costly else SEEDS[self.options.budget]
            return spread(self.usable, min(n, most))
        most = max(2, COSTLY_INSTANCES // self.weight)
        cheapest = sorted(self.usable, key=lambda i: (self.solved[i.seed].spawned, i.seed))
        return sorted(cheapest[: min(n, most)], key=lambda instance: instance.seed)

    def tries(self, *, quick: int, standard: int) -> int:
        """Return how many tries a search may make under the budget."""
        tries = budget.tries(self.options, quick=quick, standard=standard)
        return tries // (COSTLY * self.weight) if self.costly else tries

    # --- how answers are written ---------------------------------------------------------------

    @cached_property
    def frame(self) -> Slot:
        """What stands around the answer in all oracles; empty where they share nothing."""
        return frame_of(self.usable[:60])

    @cached_property
    def frames(self) -> list[Slot]:
        """The target's own frame, none, and common ones; only the first two where costly."""
        found = common_frames(self.frame)
        return found[:2] if self.costly else found

    @cached_property
    def labels(self) -> list[tuple[str, int]]:
        """The distinct answers and how often each is right, most frequent first."""
        return label_counts(self.usable)

    @cached_property
    def many_right_answers(self) -> bool:
        """Whether an instance may have many right answers."""
        return many_right_answers([i for i in self.usable[:60] if i.oracle])

    @cached_property
    def answers_are_programs(self) -> bool:
        """Whether answers are programs: their digits are no answers, and edits must parse."""
        return any(program(i) is not None for i in self.usable[:3] if i.oracle)

    def process_of_its_own(self) -> Lab:
        """Return a lab with one process, as patient as the session's own."""
        return Lab(self.spec, workers=1, seconds=max(PLAY_SECONDS, self.lab.seconds))

    def wrong_plays(self, instance: Instance) -> list[Play]:
        """Return a few wrong and near-miss plays of an instance."""
        if self.facts.kind == "answer":
            return wrong_answers(instance, self.instances)
        return wrong_plans(instance, self.usable, self.actions, turns=self.facts.turns)

    @cached_property
    def luck(self) -> Luck:
        """What a policy that never looks may earn by luck."""
        return Luck(self.facts.base_rate, self.usable, self.solved)


def spread(items: Sequence[Instance], n: int) -> list[Instance]:
    """Return up to `n` of the items, evenly spread."""
    return list(items[:: max(1, len(items) // max(1, n))][:n])
