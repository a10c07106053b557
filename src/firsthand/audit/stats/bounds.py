"""Confidence bounds on what an attack earns; of rewards only the range is assumed."""

import math
from collections.abc import Callable, Sequence


def upper(hits: int, n: int, *, alpha: float = 0.05) -> float:
    """Return the one-sided Clopper-Pearson upper bound on a rate, at confidence 1 - `alpha`."""
    if n == 0 or hits >= n:
        return 1.0
    if hits == 0:
        return 1.0 - alpha ** (1.0 / n)
    return _solve(lambda p: at_most(hits, n, p) - alpha)


def lower(hits: int, n: int, *, alpha: float = 0.05) -> float:
    """Return the one-sided Clopper-Pearson lower bound on a rate, at confidence 1 - `alpha`."""
    return 1.0 - upper(n - hits, n, alpha=alpha)


def mean_upper(values: Sequence[float], *, alpha: float = 0.05, most: float = 1.0) -> float:
    """Return an upper bound on the mean of values in (-inf, `most`].

    Exact for values in {0, `most`}. Otherwise E[r] <= t + (most - t) P(r > t) for each of a few
    thresholds t set beforehand, of which the best is taken after dividing `alpha` among them.
    """
    n = len(values)
    if n == 0:
        return most
    if all(value <= 0.0 or value >= most for value in values):
        return most * upper(sum(value >= most for value in values), n, alpha=alpha)
    thresholds = [most * share for share in (0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75)]
    part = alpha / len(thresholds)
    return min(
        t + (most - t) * upper(sum(value > t for value in values), n, alpha=part)
        for t in thresholds
    )


LEVELS = tuple(level / 20 for level in range(1, 21))
"""Levels for the lower bound of a mean. It is at most one step of them below an exact one."""


def mean_lower(values: Sequence[float], *, alpha: float = 0.05) -> float:
    """Return a lower bound on the mean of values, which are taken as numbers in [0, 1].

    Exact (Clopper-Pearson) for values in {0, 1}. Otherwise E[r] >= sum of step * P(r >= t) over the
    levels t, each probability bounded at an equal part of `alpha`.
    """
    n = len(values)
    if all(value <= 0.0 or value >= 1.0 for value in values):
        return lower(sum(value >= 1.0 for value in values), n, alpha=alpha) if n else 0.0
    step, part = LEVELS[0], alpha / len(LEVELS)
    hits = [sum(value >= level - 1e-9 for value in values) for level in LEVELS]
    return math.fsum(step * lower(k, n, alpha=part) for k in hits if k)


def at_most(hits: int, n: int, p: float) -> float:
    """Return P(X <= hits) for a binomial X."""
    if p <= 0.0:
        return 1.0
    if p >= 1.0:
        return 1.0 if hits >= n else 0.0
    log_p, log_q = math.log(p), math.log1p(-p)
    whole = math.lgamma(n + 1)
    return min(
        1.0,
        math.fsum(
            math.exp(
                whole - math.lgamma(k + 1) - math.lgamma(n - k + 1) + k * log_p + (n - k) * log_q
            )
            for k in range(hits + 1)
        ),
    )


def _solve(falls: Callable[[float], float]) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if falls(middle) > 0 else (low, middle)
    return high
