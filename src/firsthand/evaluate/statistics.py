"""Intervals, tests and bets: what may be claimed from n episodes.

Scores are bounded, often 0 or 1, and n is 60 to 200. There the textbook intervals collapse: twenty
successes in twenty would be "1.00, certainly". Every interval here keeps some width, because it
counts one imagined observation at each end of the range. Left out: anything that needs scipy, and
intervals for unbounded quantities.
"""

import math
from collections.abc import Iterable, Sequence
from statistics import NormalDist

import msgspec
import numpy as np

from firsthand.errors import UserError

_CHUNK = 1_000_000
"""Most numbers drawn at once by the bootstrap: 8 MB."""
UNSEEN = 20
"""A graded difference is taken to reach UNSEEN / n at least. Tried: 0, which covers 0.64 at n = 20
where one change in twenty is large; 10, 0.9; 20, 0.99."""


class Interval(msgspec.Struct, frozen=True):
    """A confidence interval, ends included."""

    low: float
    high: float


class Estimate(msgspec.Struct, frozen=True):
    """A mean over `n` tasks and its interval."""

    mean: float
    interval: Interval
    n: int


class Difference(msgspec.Struct, frozen=True):
    """The mean of after - before over `n` tasks that both played.

    `better`, `worse` and `same` count tasks. `p` is McNemar's exact two-sided p-value where every
    score is 0 or 1, else None.
    """

    mean: float
    interval: Interval
    n: int
    better: int
    worse: int
    p: float | None = None

    @property
    def same(self) -> int:
        """Tasks on which nothing changed."""
        return self.n - self.better - self.worse


def normal_quantile(confidence: float) -> float:
    """Return the half-width of a two-sided normal interval in standard deviations; 1.96 at 0.95."""
    if not 0.0 < confidence < 1.0:
        raise UserError(
            f"A confidence lies between 0 and 1, got {confidence!r}: write 0.95 for 95%."
        )
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def t_quantile(confidence: float, freedom: int) -> float:
    """Return the half-width of a two-sided t interval, by the expansion of Fisher and Cornish
    (1960).

    Within 0.2% of the exact quantile from 8 degrees of freedom and at 95%.
    """
    z, n = normal_quantile(confidence), max(freedom, 1)
    first = (z**3 + z) / (4 * n)
    second = (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
    return z + first + second + third


def wilson(successes: float, n: float, *, confidence: float = 0.95) -> Interval:
    """Return Wilson's score interval for a proportion (Wilson 1927). Without data it is [0, 1].

    Both numbers may be fractions: repeats of one task count less than independent ones
    (`effective_n`).
    """
    if not 0 <= successes <= n:
        raise UserError(f"Successes lie between 0 and n, got {successes:g} of {n:g}.")
    z = normal_quantile(confidence)
    if n == 0:
        return Interval(0.0, 1.0)
    share, spread = successes / n, z * z / n
    centre = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    # At the ends the exact bound is 0 or 1; rounding must not exclude the estimate itself.
    return Interval(max(0.0, min(centre - half, share)), min(1.0, max(centre + half, share)))


def effective_n(values_by_task: Iterable[Sequence[float]]) -> float:
    """Return how many independent 0/1 outcomes repeated plays of tasks are worth.

    Between the number of tasks and the number of plays (Korn & Graubard 1998): p(1 - p) over the
    squared standard error that tasks, not plays, give. With one play a task it is the number of
    tasks.
    """
    groups = [list(values) for values in values_by_task if len(values)]
    tasks, plays = len(groups), sum(map(len, groups))
    if tasks < 2:
        return float(tasks)
    means = np.array([sum(values) / len(values) for values in groups])
    share, error = float(means.mean()), float(means.var(ddof=1)) / tasks
    if not 0.0 < share < 1.0:
        return float(tasks)
    return float(np.clip(share * (1 - share) / error, tasks, plays)) if error > 0 else float(plays)


def bootstrap_by_task(
    values_by_task: Iterable[Sequence[float]],
    *,
    confidence: float = 0.95,
    resamples: int = 10_000,
    seed: int = 0,
) -> Interval:
    """Return a percentile interval for the mean of task means, tasks being resampled and not plays.

    Values lie in [0, 1]. One imagined task at 0 and one at 1 join those resampled: the plain
    bootstrap covers 0.34 to 0.69 of the time where almost all values agree (n = 20 to 60), this one
    0.94 or more.
    """
    normal_quantile(confidence)
    means = np.array(
        [sum(values) / len(values) for values in values_by_task if len(values)] + [0.0, 1.0]
    )
    if not np.all((means >= 0.0) & (means <= 1.0)):
        raise UserError(
            f"Scores lie in [0, 1], got a task with mean {means[(means < 0) | ~(means <= 1)][0]:g}."
        )
    rng, n = np.random.default_rng(seed), len(means)
    rows = max(1, _CHUNK // n)
    sampled = [
        means[rng.integers(0, n, (min(rows, resamples - done), n))].mean(axis=1)
        for done in range(0, resamples, rows)
    ]
    low, high = np.quantile(np.concatenate(sampled), [0.5 - confidence / 2, 0.5 + confidence / 2])
    actual = float(means[:-2].mean()) if n > 2 else 0.5
    return Interval(min(float(low), actual), max(float(high), actual))


def pass_at_k(n: int, c: int, k: int) -> float:
    """Return the unbiased chance that one of `k` plays succeeds, given `c` of `n` did (Chen et al.
    2021, eq. 1).
    """
    if not (0 <= c <= n and 1 <= k <= n):
        raise UserError(
            f"pass@k needs 0 <= c <= n and 1 <= k <= n, got n={n}, c={c}, k={k}: play each "
            "task at least k times."
        )
    return 1.0 - math.comb(n - c, k) / math.comb(n, k)


def mcnemar(better: int, worse: int) -> float:
    """Return the exact two-sided p-value of the sign test on changes for better and for worse."""
    n, fewer = better + worse, min(better, worse)
    tail = sum(math.comb(n, i) for i in range(fewer + 1))
    return min(1.0, 2 * tail / 2**n)


def paired_difference(
    before: Sequence[float], after: Sequence[float], *, confidence: float = 0.95
) -> Difference:
    """Return the mean of after - before over tasks, with an interval. Scores lie in [0, 1].

    A t interval on the differences and two imagined ones, which are -1 and +1 for 0/1 scores
    (Bonett & Price 2012) and, for graded scores, as large as the largest difference seen or 20/n,
    whichever is more: rare large changes may not have been seen yet. Coverage of 95% intervals at n
    = 10 to 200, `benchmarks/intervals.py`: for 0/1 scores 0.93 or more, 0.96 to 0.99 on average;
    for graded ones 0.95 or more, but for 0.92 where one change in twenty is large and n is 50.
    """
    if len(before) != len(after):
        raise UserError(
            f"A paired difference needs the same tasks on both sides, got {len(before)} "
            f"before and {len(after)} after."
        )
    quantile = t_quantile(confidence, len(before) + 1)
    scores = np.array([before, after], dtype=float).reshape(2, -1)
    if not np.all((scores >= 0.0) & (scores <= 1.0)):
        raise UserError(
            "A paired difference needs scores in [0, 1]; leave failed episodes out instead "
            "of scoring them."
        )
    change = scores[1] - scores[0]
    n = len(change)
    binary = n > 0 and bool(np.all((scores == 0.0) | (scores == 1.0)))
    largest = float(np.abs(change).max(initial=0.0))
    imagined = 1.0 if binary else max(largest, min(1.0, UNSEEN / max(n, 1)))
    centre = float(change.sum()) / (n + 2)
    square = float((change**2).sum() + 2 * imagined**2) / (n + 2)
    half = quantile * math.sqrt((square - centre**2) / (n + 2))
    mean = float(change.mean()) if n else 0.0
    better, worse = int((change > 0).sum()), int((change < 0).sum())
    return Difference(
        mean,
        Interval(max(-1.0, min(centre - half, mean)), min(1.0, max(centre + half, mean))),
        n,
        better,
        worse,
        mcnemar(better, worse) if binary else None,
    )


class PairedBet:
    """Test, task by task, whether a paired difference in [-1, 1] has a mean above `margin`; stop
    whenever you like.

    Wealth starts at 1 and is bet on the difference exceeding the margin. If the true mean is at
    most `margin`, wealth reaches 1/alpha with probability at most alpha, over all stopping times
    (Ville). The bets are a uniform mixture over fixed fractions of the largest one that cannot go
    bankrupt (Waudby-Smith & Ramdas 2024, section 4.3), so the order of the tasks does not change
    the e-value. `margin=-0.05` tests non-inferiority.
    """

    FRACTIONS = (np.arange(16) + 0.5) / 16

    def __init__(self, *, margin: float = 0.0) -> None:
        if not -1.0 < margin < 1.0:
            raise UserError(f"A margin lies between -1 and 1, got {margin:g}.")
        self.margin, self.n, self.peak = margin, 0, 1.0
        self._bets = self.FRACTIONS / (1.0 + margin)
        self._log_wealth = np.zeros(len(self._bets))

    @property
    def e_value(self) -> float:
        """The evidence against "mean <= margin" now: mean wealth over the bets."""
        top = float(self._log_wealth.max())
        return math.exp(min(top, 700.0)) * float(np.exp(self._log_wealth - top).mean())

    def update(self, difference: float) -> float:
        """Take the next task's after - before and return the e-value."""
        if not -1.0 <= difference <= 1.0:
            raise UserError(f"A paired difference lies in [-1, 1], got {difference!r}.")
        self._log_wealth += np.log1p(self._bets * (difference - self.margin))
        self.n += 1
        self.peak = max(self.peak, self.e_value)
        return self.e_value

    def rejects(self, alpha: float) -> bool:
        """Say whether "mean <= margin" was ever rejected at level `alpha`; that is final."""
        return self.peak >= 1.0 / alpha


def alpha_at(gate: int, alpha: float) -> float:
    """Return the share of the error budget `alpha` that gate number `gate` = 1, 2, … may spend.

    The shares fall as 1/gate² and sum to `alpha`, so that a learner may pass any number of gates.
    """
    if gate < 1:
        raise UserError(f"Gates count from 1, got {gate}.")
    return alpha * 6.0 / (math.pi * gate) ** 2


def bootstrap_by_seed_and_task(
    values_S_T: Sequence[Sequence[float | None]],
    *,
    largest: float = 1.0,
    signed: bool = False,
    confidence: float = 0.95,
    resamples: int = 2_000,
    seed: int = 0,
) -> Estimate:
    """Return the mean of seeds x tasks and an interval; seeds and tasks are resampled together.

    Both are crossed: every learner seed plays the same tasks, so that neither may pass for
    independent plays (the pigeonhole bootstrap, Owen 2007). None: a play that failed, left out.
    Two imagined tasks, with 0 and `largest`, or with both signs of it where values are `signed`
    differences, keep some width where all values agree. The interval is a t interval with the
    bootstrap's standard error, its degrees of freedom between those of the seeds and of the tasks,
    because few seeds vary less than the seeds they are drawn from. `n` counts tasks.
    Coverage of 95% intervals: `benchmarks/intervals.py`.
    """
    seeds, tasks = len(values_S_T), len(values_S_T[0]) if values_S_T else 0
    if any(len(row) != tasks for row in values_S_T):
        raise UserError("Every seed plays the same tasks: got rows of different lengths.")
    known = np.array(
        [[math.nan if value is None else value for value in row] for row in values_S_T]
    ).reshape(seeds, tasks)
    present_S_T = ~np.isnan(known)
    bounds = (-largest, largest) if signed else (0.0, largest)
    if not np.all((known[present_S_T] >= bounds[0]) & (known[present_S_T] <= bounds[1])):
        raise UserError(f"Values lie in [{bounds[0]:g}, {bounds[1]:g}]; got one that does not.")
    if not present_S_T.any():
        return Estimate(0.0, Interval(*bounds), 0)
    mean = float(known[present_S_T].mean())
    ends = np.broadcast_to(np.array(bounds), (seeds, 2))
    filled = np.concatenate([np.where(present_S_T, known, 0.0), ends], axis=1)
    there = np.concatenate([present_S_T, np.ones((seeds, 2), bool)], axis=1).astype(float)
    rng = np.random.default_rng(seed)
    by_seed_R_S = rng.multinomial(seeds, [1 / seeds] * seeds, resamples)
    by_task_R_T = rng.multinomial(tasks + 2, [1 / (tasks + 2)] * (tasks + 2), resamples)
    totals = ((by_seed_R_S @ filled) * by_task_R_T).sum(axis=1)
    counts = ((by_seed_R_S @ there) * by_task_R_T).sum(axis=1)
    error = float((totals[counts > 0] / counts[counts > 0]).std(ddof=1))
    of_seeds = 0.0
    if seeds > 1:
        means_S = filled.sum(axis=1) / there.sum(axis=1)
        of_seeds = float(means_S.std(ddof=1)) / math.sqrt(seeds)
        # resampling finds the share (S - 1)/S of the variance between seeds
        error = math.sqrt(error**2 + of_seeds**2 / seeds)
    freedom = tasks + 1.0
    if of_seeds > 0:  # Satterthwaite: as many as the seeds have, the more they decide the error
        freedom = min(freedom, (seeds - 1) * (error / of_seeds) ** 4)
    half = t_quantile(confidence, round(freedom)) * error
    centre = float(filled.sum() / there.sum())
    low, high = min(centre - half, mean), max(centre + half, mean)
    return Estimate(mean, Interval(max(bounds[0], low), min(bounds[1], high)), tasks)
