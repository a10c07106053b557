"""What each item does to the outcome, what pairs do together, and what the whole file is worth.

One regression of outcome on inclusion, centred at its probability, tells of all items from all
runs. Columns for stretches of time take out drift, random effects take out tasks; runs that show
everything or nothing have columns of their own, because they would lend the items what only the
whole does. Where there are too few runs for that many columns each item is compared alone.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

import msgspec
import numpy as np

from firsthand.evaluate.statistics import Interval
from firsthand.trial.assignment import Mode
from firsthand.trial.journal import Run
from firsthand.trial.regression import Coefficient, Regression, holm

RUNS_PER_COLUMN = 3
"""Fewer runs a column, and items are compared one at a time. Tried in `benchmarks/trial.py`: joint
estimates are narrower from 2 on; at 3 their intervals still cover."""
STRETCH = 40
"""Runs in one stretch of time."""
STRETCHES = 8
FEWEST = 8
"""Runs that show, and that hide, before an effect is estimated."""
PAIR_RUNS = 8
"""Runs in each of the four cells of a pair."""


class Row(msgspec.Struct, frozen=True):
    """A run as the analysis sees it; `value` is its outcome, or what else is explained."""

    value: float
    task: str
    mode: Mode
    shown: frozenset[str]
    hidden: frozenset[str]
    probability: float


class Effect(msgspec.Struct, frozen=True):
    """The mean difference that showing makes, with a 95% interval.

    `n` counts runs that showed it and runs that did not. `adjusted` is the p-value that holds for
    all items, or all pairs, together.
    """

    mean: float
    interval: Interval
    error: float
    n: tuple[int, int]
    p: float
    adjusted: float = 1.0


class Pair(msgspec.Struct, frozen=True):
    """How much more one item does where the other is shown too."""

    items: tuple[str, str]
    effect: Effect


class Effects(msgspec.Struct, frozen=True):
    """Everything that is estimated from one set of runs."""

    runs: int
    items: dict[str, Effect]
    """Items without an entry were shown or hidden too rarely."""
    whole: Effect | None
    """All against nothing; None: too few of such runs."""
    pairs: tuple[Pair, ...]
    """All pairs that could be tested, the strongest first."""
    joint: bool
    """Whether items were adjusted for each other."""
    varied: bool
    """Whether the outcome did."""


def rows(runs: Iterable[Run]) -> list[Row]:
    """Return the runs with an outcome."""
    return [row(run, run.finished.outcome) for run in runs if run.finished.outcome is not None]


def row(run: Run, value: float) -> Row:
    """Return a run with what it is to be explained by."""
    own = run.assigned
    sides = frozenset(own.shown), frozenset(own.hidden)
    return Row(value, own.task, own.mode, *sides, own.probability)


def estimate(
    found: Sequence[Row], items: Sequence[str], *, binary: bool = False, pairs: bool = True
) -> Effects:
    """Estimate everything. `binary`: outcomes are 0 or 1, also where only one of them was seen."""
    values = [one.value for one in found]
    width = 1.0 if binary or not values else max(values) - min(values)
    width = width or 1.0
    counts = {item: _counts(found, item) for item in items}
    told = [item for item in items if min(counts[item]) >= FEWEST]
    ends = (sum(one.mode == "all" for one in found), sum(one.mode == "none" for one in found))
    base = np.column_stack([_time(len(found)), *_ends(found)])
    x_R_I = np.array([[_centred(one, item) for item in told] for one in found])
    x_R_I = x_R_I.reshape(len(found), len(told))
    tasks, columns = [one.task for one in found], base.shape[1] + len(told) + 1
    joint = len(found) >= RUNS_PER_COLUMN * columns
    fit: Any = None
    if joint and told:
        fit = Regression(np.column_stack([x_R_I, base]), values, tasks, width=width)
        single = fit.coefficients(np.eye(columns - 1)[: len(told)])
    else:
        single = [
            Regression(
                np.column_stack([x_R_I[:, [i]], base]), values, tasks, width=width
            ).coefficients(np.eye(1, base.shape[1] + 1))[0]
            for i in range(len(told))
        ]
    whole = None
    if min(ends) >= FEWEST // 2:
        own = fit or Regression(base, values, tasks, width=width)
        weights = np.zeros((1, columns - 1 if fit else base.shape[1]))
        weights[0, -2:] = (1.0, -1.0)
        whole = _effect(own.coefficients(weights)[0], ends)
    effects = _adjusted([_effect(c, counts[i]) for i, c in zip(told, single, strict=True)])
    tested = _pairs(fit, found, told, x_R_I) if fit and pairs else ()
    varied = len(set(values)) > 1
    return Effects(
        len(found), dict(zip(told, effects, strict=True)), whole, tested, bool(fit), varied
    )


def _counts(found: Sequence[Row], item: str) -> tuple[int, int]:
    """Count the runs with a random subset that showed an item and that hid it."""
    random = [one for one in found if one.mode == "random"]
    return sum(item in one.shown for one in random), sum(item in one.hidden for one in random)


def _centred(one: Row, item: str) -> float:
    if one.mode == "random" and item in one.shown:
        return 1.0 - one.probability
    return -one.probability if one.mode == "random" and item in one.hidden else 0.0


def _ends(found: Sequence[Row]) -> list[Any]:
    """Return a column for showing all and one for showing nothing, where there are both."""
    modes = [one.mode for one in found]
    if not {"all", "none"} <= set(modes):
        kept = [mode for mode in ("all", "none") if mode in modes]
        return [np.array([float(mode == end) for mode in modes]) for end in kept]
    return [np.array([float(mode == end) for mode in modes]) for end in ("all", "none")]


def _time(runs: int) -> Any:
    """Return columns [R, stretches - 1] that tell stretches of time apart."""
    stretches = max(1, min(STRETCHES, runs // STRETCH))
    which = np.arange(runs) * stretches // max(runs, 1)
    return np.array([[float(w == s) for s in range(1, stretches)] for w in which]).reshape(
        runs, stretches - 1
    )


def _effect(found: Coefficient, n: tuple[int, int]) -> Effect:
    return Effect(found.mean, found.interval(), found.error, n, found.p)


def _adjusted(effects: Sequence[Effect]) -> list[Effect]:
    ps = holm([effect.p for effect in effects])
    return [
        msgspec.structs.replace(effect, adjusted=p) for effect, p in zip(effects, ps, strict=True)
    ]


def _pairs(
    fit: Regression, found: Sequence[Row], told: Sequence[str], x_R_I: Any
) -> tuple[Pair, ...]:
    """Test each pair beside all single effects. The product of two centred columns has the
    interaction as its coefficient, and is uncorrelated with both.
    """
    shown_R_I = x_R_I > 0
    offered_R_I = x_R_I != 0
    pairs: list[tuple[int, int]] = []
    cells: list[tuple[int, int]] = []
    for i, j in combinations(range(len(told)), 2):
        both = offered_R_I[:, i] & offered_R_I[:, j]
        four = [
            int((both & (shown_R_I[:, i] == a) & (shown_R_I[:, j] == b)).sum())
            for a in (True, False)
            for b in (True, False)
        ]
        if min(four) >= PAIR_RUNS:
            pairs.append((i, j))
            cells.append((four[0], sum(four) - four[0]))
    if not pairs:
        return ()
    products = np.column_stack([x_R_I[:, i] * x_R_I[:, j] for i, j in pairs])
    effects = _adjusted([_effect(c, n) for c, n in zip(fit.added(products), cells, strict=True)])
    named = [
        Pair((told[i], told[j]), effect) for (i, j), effect in zip(pairs, effects, strict=True)
    ]
    return tuple(sorted(named, key=lambda pair: (pair.effect.p, pair.items)))


def more_runs(effect: Effect, runs: int, quantile: float, *, against: float = 0.0) -> float:
    """Return how many more runs would show an effect of the size found with a power of .8.

    `quantile` is what its t value must exceed. Infinite for an effect of `against`.
    """
    distance = abs(effect.mean - against)
    if distance == 0.0:
        return math.inf
    needed = runs * ((quantile + POWER_QUANTILE) * effect.error / distance) ** 2
    return max(0.0, needed - runs)


POWER_QUANTILE = 0.8416
"""Standard normal quantile of .8, the power that plans aim at."""
