"""The gate: new lessons are deployed only where they beat the deployed ones on tasks nobody learned
from.

Both playbooks play the same fresh `gate` tasks, each environment by itself: lessons are deployed
where they are shown to help, and elsewhere the old ones stay, so that no environment pays for
another. The test of the mean difference is anytime-valid, so it stops as soon as it knows; the
error budget is spent across all gates of a life and split among the environments of one gate.

A failure of the agent's own making (its context is full, its answer was cut) counts as 0. A pair in
which an endpoint failed, or the machine, says nothing about lessons and is dropped. So that lessons
which make episodes fail cannot hide behind that, the failure rates are compared by a test.
"""

import math
from collections.abc import Awaitable, Callable, Sequence
from functools import cache

import msgspec
import numpy as np

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.errors import UserError
from firsthand.evaluate.statistics import PairedBet, alpha_at
from firsthand.task import Task

Play = Callable[[Agent, Sequence[Task]], Awaitable[list[Episode]]]

FAILURE_LEVEL = 0.01
"""One-sided level at which more failures than before refuse a playbook. With 1% of replies lost at
random on both sides it refuses fewer than one gate in a hundred; seven failures against none are
enough."""
GAIN = 0.1
"""The true gain for which a gate's power is stated."""
IMAGINED_LOSSES = 0.02
"""Share of tasks that a useful playbook loses, where nothing is known of it: as measured
(docs/log.md).
"""


class Local(msgspec.Struct, frozen=True):
    """What a gate found in one environment."""

    environment: str
    deployed: bool
    pairs: int
    """Tasks that both scored; a failure of the agent's own making is scored 0."""
    failed: int
    """Tasks that something else kept a side from scoring; they are in no mean."""
    difference: float
    e_value: float
    alpha: float
    reason: str
    """Why it was deployed, or why not."""
    power: float
    """Probability that a true gain of +.1 passes with these pairs and losses like those seen."""
    failed_before: int = 0
    failed_after: int = 0
    losses: float = 0.0
    """Share of the pairs in which the new playbook did worse."""


class Verdict(msgspec.Struct, frozen=True):
    """What a gate decided, over all its environments, and what it found in each."""

    gate: int
    deployed: bool
    """Whether new lessons were deployed in some environment."""
    pairs: int
    failed: int
    difference: float
    e_value: float
    """The strongest evidence of an environment."""
    alpha: float
    """The error that each environment's test may spend."""
    environments: tuple[Local, ...] = ()

    @property
    def passed(self) -> tuple[str, ...]:
        """The environments in which the new lessons are deployed."""
        return tuple(local.environment for local in self.environments if local.deployed)


class GateRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How strict a gate is. Raises `UserError` for a number outside its range."""

    alpha: float = 0.05
    """Probability of ever deploying lessons that are no better, over all gates."""
    pairs: int = 100
    """Most gate tasks of each environment."""
    batch: int = 20
    """Pairs played between two looks."""

    def __post_init__(self) -> None:
        if not 0.0 < self.alpha < 1.0:
            raise UserError(f"A gate's alpha lies between 0 and 1, got {self.alpha!r}.")
        if self.pairs < 1 or self.batch < 1:
            raise UserError(
                f"A gate needs pairs and batch of at least 1, got {self.pairs} and {self.batch}."
            )


async def test(
    candidate: Agent,
    deployed: Agent,
    tasks: Sequence[Task],
    *,
    gate: int,
    rules: GateRules,
    play: Play,
) -> Verdict:
    """Play both agents on the same tasks of each environment until its evidence is enough or they
    are spent.
    """
    names = sorted({task.environment for task in tasks})
    alpha = alpha_at(gate, rules.alpha) / max(len(names), 1)
    found: list[Local] = []
    for name in names:
        own = [task for task in tasks if task.environment == name]
        pairs = _Pairs()
        for start in range(0, len(own), rules.batch):
            batch = own[start : start + rules.batch]
            before, after = await play(deployed, batch), await play(candidate, batch)
            n = min(len(before), len(after))  # a budget may end within a batch
            pairs.update(before[:n], after[:n])
            if n < len(batch) or (pairs.bet.rejects(alpha) and not pairs.breaks_more):
                break
        found.append(pairs.judge(name, alpha, len(own)))
    total = sum(local.pairs for local in found)
    mean = sum(local.difference * local.pairs for local in found) / total if total else 0.0
    return Verdict(
        gate,
        any(local.deployed for local in found),
        total,
        sum(local.failed for local in found),
        round(mean, 4),
        max((local.e_value for local in found), default=1.0),
        round(alpha, 5),
        tuple(found),
    )


class _Pairs:
    """The paired plays of one environment so far."""

    def __init__(self) -> None:
        self.bet = PairedBet()
        self.differences: list[float] = []
        self.failed = self.failed_before = self.failed_after = 0
        self.only_before = self.only_after = 0

    def update(self, before: Sequence[Episode], after: Sequence[Episode]) -> None:
        """Take a batch in, in the order of its tasks."""
        for old, new in zip(before, after, strict=True):
            lost = old.counted is None, new.counted is None
            self.failed_before += lost[0]
            self.failed_after += lost[1]
            self.only_before += lost == (True, False)
            self.only_after += lost == (False, True)
            self.failed += any(lost)
            if old.counted is not None and new.counted is not None:
                self.differences.append(new.counted - old.counted)
                self.bet.update(self.differences[-1])

    @property
    def breaks_more(self) -> bool:
        """Whether the new playbook fails more often: one-sided exact McNemar on tasks that one side
        failed.
        """
        return at_least(self.only_after, self.only_before + self.only_after) <= FAILURE_LEVEL

    def judge(self, environment: str, alpha: float, planned: int) -> Local:
        n = len(self.differences)
        losses = sum(difference < 0 for difference in self.differences) / n if n else 0.0
        chance = power(planned, losses if n else IMAGINED_LOSSES, alpha)
        deployed = self.bet.rejects(alpha) and not self.breaks_more
        return Local(
            environment,
            deployed,
            n,
            self.failed,
            round(sum(self.differences) / n, 4) if n else 0.0,
            round(self.bet.peak, 4),
            round(alpha, 5),
            self._reason(deployed, alpha, chance),
            chance,
            self.failed_before,
            self.failed_after,
            round(losses, 4),
        )

    def _reason(self, deployed: bool, alpha: float, chance: float) -> str:
        if deployed:
            return "better on tasks that nobody learned from"
        if not self.differences:
            return "no pair could be compared, because one side or both failed in each"
        if self.breaks_more:
            tasks = len(self.differences) + self.failed
            return (
                f"it failed in {self.failed_after} of {tasks} tasks, the old one in "
                f"{self.failed_before}"
            )
        return (
            f"too little evidence of a gain: {amount(self.bet.peak)} of "
            f"{amount(1 / alpha)} needed; a true gain of +{GAIN:g} would have passed with "
            f"probability {chance:.2f}"
        )


def amount(value: float) -> str:
    """Write an e-value."""
    return f"{value:.3g}" if value < 1e6 else "over a million"


def at_least(successes: int, n: int) -> float:
    """Return the probability of so many successes or more in n fair tosses."""
    return sum(math.comb(n, i) for i in range(successes, n + 1)) / 2**n


@cache
def power(pairs: int, losses: float, alpha: float, *, gain: float = GAIN) -> float:
    """Return the probability that a true gain passes within so many pairs, by simulation.

    A pair is lost with probability `losses` and won with `losses + gain`; else nothing changes, and
    the bet neither wins nor loses. Scores are taken to be 0 or 1. 1,000 repetitions: within .03.
    """
    rng = np.random.default_rng(0)
    won = min(losses + gain, 1.0)
    lost = min(losses, 1.0 - won)
    drawn_R_T = rng.random((1000, pairs))
    difference_R_T = (drawn_R_T < won).astype(float) - (drawn_R_T > 1.0 - lost)
    wealth_R = np.zeros((1000, pairs))
    for bet in PairedBet.FRACTIONS:
        wealth_R += np.exp(np.cumsum(np.log1p(bet * difference_R_T), axis=1))
    peak_R = (wealth_R / len(PairedBet.FRACTIONS)).max(axis=1)
    return round(float((peak_R >= 1.0 / alpha).mean()), 3)
