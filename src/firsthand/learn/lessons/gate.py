"""The gate: a new playbook is deployed only after it beat the deployed one on tasks that no learner saw.

Both play the same fresh `gate` tasks. The test is anytime-valid, so it stops as soon as it knows; the
error budget is spent across all gates of a life; no environment may get worse by more than a margin.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.evaluate.statistics import PairedBet, alpha_at
from firsthand.task import Task

Play = Callable[[Agent, Sequence[Task]], Awaitable[list[Episode]]]


class Verdict(msgspec.Struct, frozen=True):
    """What a gate decided, and on what: n pairs, their mean difference, the evidence and what was asked of it."""

    gate: int
    deployed: bool
    pairs: int
    failed: int
    difference: float
    e_value: float
    alpha: float
    harmed: tuple[str, ...]
    """Environments not shown to be worse by less than the margin."""


class GateRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How strict a gate is."""

    alpha: float = 0.05
    """Probability of ever deploying a playbook that is no better, over all gates."""
    pairs: int = 100
    """Most gate tasks of each environment."""
    batch: int = 20
    """Pairs played between two looks."""
    margin: float = 0.05
    """The most that an environment may lose."""


async def test(
    candidate: Agent,
    deployed: Agent,
    tasks: Sequence[Task],
    *,
    gate: int,
    rules: GateRules,
    play: Play,
) -> Verdict:
    """Play both agents on the same tasks until the evidence is enough or the tasks are spent.

    With one environment, being better implies not being worse. With several, each must also pass its own
    non-inferiority test. Pairs with a failed episode enter no mean; a candidate that fails more often is not deployed.
    """
    alpha = alpha_at(gate, rules.alpha)
    overall, own = PairedBet(), defaultdict[str, PairedBet](lambda: PairedBet(margin=-rules.margin))
    differences: list[float] = []
    broken_before = broken_after = failed = 0
    environments = {task.environment for task in tasks}

    def harmed() -> tuple[str, ...]:
        return (
            ()
            if len(environments) == 1
            else tuple(name for name in sorted(environments) if not own[name].rejects(alpha))
        )

    def passes() -> bool:
        return overall.rejects(alpha) and not harmed() and broken_after <= broken_before

    for start in range(0, len(tasks), rules.batch):
        batch = tasks[start : start + rules.batch]
        before, after = await play(deployed, batch), await play(candidate, batch)
        for task, old, new in zip(batch, before, after, strict=True):
            broken_before += old.reward is None
            broken_after += new.reward is None
            if old.reward is None or new.reward is None:
                failed += 1
                continue
            difference = new.reward - old.reward
            differences.append(difference)
            overall.update(difference)
            own[task.environment].update(difference)
        if passes():
            break
    mean = sum(differences) / len(differences) if differences else 0.0
    return Verdict(
        gate,
        passes(),
        len(differences),
        failed,
        round(mean, 4),
        round(overall.peak, 4),
        round(alpha, 5),
        harmed(),
    )
