"""Credit: what each lesson was worth, from rollouts that each left a random subset of lessons out.

One regression estimates every lesson from every rollout. A lesson's inclusion enters centred at its
probability, so that what decides whether it was *offered* (the task, its words) cannot be mistaken for
its effect (Robinson 1988). Effects are shrunk: a mean effect for each kind of lesson, a deviation for
each lesson, and one for each lesson in each environment when there are several.

Rules add up: the mean effect of the kind counts for each of them. Worked examples stand in for each other: of four
that are near, one is enough, and each of them adds almost nothing to the rest. Their kind counts once, when any is
shown, and an example's credit is its effect when it is the only one (docs/log.md has what additive credit did).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from firsthand.playbook import Credit

SUBSTITUTES = frozenset({"example"})
"""Kinds of lessons that stand in for each other."""


class Trial(msgspec.Struct, frozen=True):
    """One rollout as credit sees it: `offered` maps each lesson in scope to the probability that it was shown."""

    outcome: float
    task: str
    environment: str
    offered: Mapping[str, float]
    shown: frozenset[str]


class Prior(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Standard deviations of effects before any evidence, on the scale of the score."""

    kind: float = 0.5
    """Mean effect of a kind of lesson (a worked example, a rule)."""
    lesson: tuple[float, ...] = (0.02, 0.05, 0.1, 0.2, 0.4)
    """Deviation of one lesson from its kind; of several, the one under which the evidence is likeliest."""
    environment: float = 0.5
    """Deviation of a lesson in one environment, when there are several, as a share of `lesson`."""


class Credits(msgspec.Struct, frozen=True):
    """Posterior effects: over all environments, and in each."""

    overall: dict[str, Credit]
    by_environment: dict[tuple[str, str], Credit]


def assign(trials: Sequence[Trial], kinds: Mapping[str, str], *, prior: Prior = Prior()) -> Credits:
    """Estimate every lesson that was offered in some trial by ridge regression with random task effects.

    `kinds` maps lesson ids to kinds. The posterior is Gaussian: precision X'X/s2 + diag(1/prior2), with
    outcomes and inclusions quasi-demeaned by task (random-effects GLS), s2 estimated from repeats, and the
    prior of deviations by empirical Bayes.
    """
    lessons = sorted({lesson for trial in trials for lesson in trial.offered})
    if not lessons:
        return Credits({}, {})
    environments = sorted({trial.environment for trial in trials})
    columns = _Columns(
        lessons,
        sorted({kinds[lesson] for lesson in lessons}),
        environments if len(environments) > 1 else [],
    )
    x_T_C = np.zeros((len(trials), columns.n))
    y_T = np.array([trial.outcome for trial in trials])
    for row, trial in enumerate(trials):
        for lesson, probability in trial.offered.items():
            x_T_C[row, columns.of(lesson, kinds[lesson], trial.environment)] += (
                lesson in trial.shown
            ) - probability
        for kind in SUBSTITUTES & columns.kinds.keys():
            x_T_C[row, columns.kinds[kind]] = _any_shown(
                trial, [lesson for lesson in trial.offered if kinds[lesson] == kind]
            )
    noise = _demean(x_T_C, y_T, [trial.task for trial in trials])
    mean_C, covariance_CC = _posterior(
        x_T_C.T @ x_T_C / noise,
        x_T_C.T @ y_T / noise,
        [columns.prior(prior, sd) for sd in prior.lesson],
    )
    seen = Counter(lesson for trial in trials for lesson in trial.offered)

    def credit(lesson: str, weights: Mapping[str, float]) -> Credit:
        picked_C = np.zeros(columns.n)
        for environment, weight in weights.items():
            picked_C[columns.of(lesson, kinds[lesson], environment)] += weight
        variance = float(picked_C @ covariance_CC @ picked_C)
        return Credit(
            round(float(picked_C @ mean_C), 4), round(max(variance, 0.0) ** 0.5, 4), seen[lesson]
        )

    where: dict[str, Counter[str]] = defaultdict(Counter)
    for trial in trials:
        for lesson in trial.offered:
            where[lesson][trial.environment] += 1
    overall = {
        lesson: credit(lesson, {e: n / where[lesson].total() for e, n in where[lesson].items()})
        for lesson in lessons
    }
    return Credits(
        overall,
        {(lesson, e): credit(lesson, {e: 1.0}) for lesson in lessons for e in where[lesson]},
    )


def _any_shown(trial: Trial, lessons: Sequence[str]) -> float:
    """Say whether any of the lessons was shown, less the probability of that."""
    none = math.prod(1.0 - trial.offered[lesson] for lesson in lessons)
    return any(lesson in trial.shown for lesson in lessons) - (1.0 - none)


class _Columns:
    """Which columns of the design an inclusion adds to: its kind, the lesson, the lesson in the environment."""

    def __init__(
        self, lessons: Sequence[str], kinds: Sequence[str], environments: Sequence[str]
    ) -> None:
        pairs = [(lesson, environment) for lesson in lessons for environment in environments]
        self.kinds, self.lessons, self.pairs = (
            _numbered(kinds, 0),
            _numbered(lessons, len(kinds)),
            _numbered(pairs, len(kinds) + len(lessons)),
        )
        self.n = len(kinds) + len(lessons) + len(pairs)

    def of(self, lesson: str, kind: str, environment: str) -> list[int]:
        own = [self.kinds[kind], self.lessons[lesson]]
        pair = self.pairs.get((lesson, environment))
        return own if pair is None else [*own, pair]

    def prior(self, prior: Prior, lesson: float) -> Any:
        """Prior standard deviations [n]."""
        sizes = (len(self.kinds), len(self.lessons), len(self.pairs))
        return np.repeat([prior.kind, lesson, prior.environment * lesson], sizes)


def _posterior(gram_CC: Any, moment_C: Any, priors: Sequence[Any]) -> tuple[Any, Any]:
    """Return mean [C] and covariance [C, C] under the prior that makes the evidence likeliest (empirical Bayes).

    With precision P = X'X/s2 + 1/prior2, the log evidence is b'P^-1 b / 2 - log|P| / 2 - sum(log prior) and a constant.
    """

    def fit(sd_C: Any) -> tuple[float, Any, Any]:
        precision_CC: NDArray[np.float64] = gram_CC + np.diag(sd_C**-2.0)
        covariance_CC: Any = np.linalg.inv(precision_CC)
        mean_C: Any = covariance_CC @ moment_C
        evidence = (
            0.5 * float(moment_C @ mean_C)
            + 0.5 * float(np.linalg.slogdet(covariance_CC)[1])
            - float(np.log(sd_C).sum())
        )
        return evidence, mean_C, covariance_CC

    _, mean_C, covariance_CC = max((fit(sd_C) for sd_C in priors), key=lambda fitted: fitted[0])
    return mean_C, covariance_CC


def _numbered(names: Iterable[Any], start: int) -> dict[Any, int]:
    return {name: start + index for index, name in enumerate(names)}


def _demean(x_T_C: Any, y_T: Any, tasks: Sequence[str]) -> float:
    """Take out random task effects in place and return the noise variance.

    Each row loses the share 1 - sqrt(s2 / (s2 + n t2)) of its task's mean, the transformation under
    which random-intercept GLS is ordinary least squares.
    """
    y_T -= y_T.mean()
    groups: dict[str, list[int]] = defaultdict(list)
    for row, task in enumerate(tasks):
        groups[task].append(row)
    total = max(float(y_T.var()), 1e-3)
    repeated = [rows for rows in groups.values() if len(rows) > 1]
    within = [float(y_T[rows].var(ddof=1)) for rows in repeated]
    noise = min(max(float(np.mean(within)), 0.1 * total), total) if within else total
    between = total - noise
    for rows in repeated:
        share = 1.0 - (noise / (noise + len(rows) * between)) ** 0.5
        y_T[rows] -= share * y_T[rows].mean()
        x_T_C[rows] -= share * x_T_C[rows].mean(axis=0)
    return noise
