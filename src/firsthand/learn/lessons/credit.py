"""Credit: what each lesson was worth, from rollouts that each left a random subset of lessons out.

One regression estimates every lesson from every rollout. What decides a column enters centred at
its probability, so that what decides whether a lesson was *offered* (the task, its words) cannot be
mistaken for its effect (Robinson 1988). Effects are shrunk: a mean effect for each kind of lesson,
a deviation for each lesson, and one for each lesson in each environment when there are several.

Rules add up: the mean effect of the kind counts for each of them. Worked examples stand in for each
other: of four that are near, one is enough. Their kind counts once, when any is shown, and a single
example counts where it is the nearest one shown, because there it decides: that is what tells a
wrong example from its right neighbours. So that "any shown" varies even with many on offer, a mask
hides a whole kind now and then; what never varied is reported, because its effect cannot be told.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from firsthand.learn.lessons.examples import Plays, fit, made_up, nearest_plays
from firsthand.playbook import Credit

SUBSTITUTES = frozenset({"example"})
"""Kinds of lessons that stand in for each other."""
OFFERED_OFTEN = 20
"""Rollouts after which a lesson that was always or never shown is reported: with a mask of one half
that happens by chance once in 500,000 lessons."""


class Trial(msgspec.Struct, frozen=True):
    """One rollout as credit sees it: `offered` maps each lesson in scope to the probability that it
    was shown.
    """

    outcome: float
    task: str
    environment: str
    offered: Mapping[str, float]
    """For each lesson, given that its kind was not hidden."""
    shown: frozenset[str]
    hide: float = 0.0
    """Probability that a whole kind was hidden."""
    near: tuple[tuple[str, ...], ...] = ()
    """For each turn, the examples on offer, the nearest to its observation first."""


class Prior(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Standard deviations of effects before any evidence, on the scale of the score."""

    kind: float = 0.5
    """Mean effect of a kind of lesson (a worked example, a rule)."""
    lesson: tuple[float, ...] = (0.02, 0.05, 0.1, 0.2, 0.4)
    """Deviation of one lesson from its kind; of several, the one under which the evidence of the
    kind is likeliest."""
    environment: float = 0.5
    """Deviation of a lesson in one environment, when there are several, as a share of `lesson`."""


class Credits(msgspec.Struct, frozen=True):
    """Posterior effects: over all environments, and in each."""

    overall: dict[str, Credit]
    by_environment: dict[tuple[str, str], Credit]
    unidentified: tuple[str, ...] = ()
    """Kinds, and lessons by id, whose showing never varied, so that their effect cannot be told."""


def assign(
    trials: Sequence[Trial],
    kinds: Mapping[str, str],
    *,
    agreed: Mapping[tuple[str, str], Plays | None] = {},
    prior: Prior = Prior(),
) -> Credits:
    """Estimate every lesson that was offered in some trial by ridge regression with random task
    effects.

    `kinds` maps lesson ids to kinds. `agreed` maps environments and recorded examples to the plays
    that agree with them (`examples.agreeing`), by which they are judged; examples that somebody
    made up are judged by the plays that they decided.

    The posterior is Gaussian: precision X'X/s2 + diag(1/prior2),
    with outcomes and columns quasi-demeaned by task (random-effects GLS), s2 estimated from
    repeats, and the prior of deviations by empirical Bayes, kind by kind.
    """
    lessons = sorted({lesson for trial in trials for lesson in trial.offered})
    if not lessons:
        return Credits({}, {})
    environments = sorted({trial.environment for trial in trials})
    columns = _Columns(lessons, kinds, environments if len(environments) > 1 else [])
    x_T_C = columns.design(trials)
    unidentified = _unidentified(trials, columns, x_T_C)
    y_T = np.array([trial.outcome for trial in trials])
    noise = demean(x_T_C, y_T, [trial.task for trial in trials])
    gram_CC, moment_C = x_T_C.T @ x_T_C / noise, x_T_C.T @ y_T / noise
    shared = _likeliest(gram_CC, moment_C, columns, prior)
    widest = dict.fromkeys(columns.kinds, max(prior.lesson))
    alone = _fit(gram_CC, moment_C, columns.prior(prior, widest, alone=True))
    return _credits(trials, columns, shared, alone, unidentified, _judges(trials, kinds, agreed))


class _Fit(msgspec.Struct, frozen=True):
    """A posterior: mean [C], covariance [C, C], and the prior standard deviations [C] that it came
    from.
    """

    mean_C: Any
    covariance_CC: Any
    prior_C: Any
    evidence: float
    """Log evidence, up to a constant."""


def _credits(
    trials: Sequence[Trial],
    columns: "_Columns",
    shared: _Fit,
    alone: _Fit,
    unidentified: tuple[str, ...],
    judges: "Mapping[str, Mapping[str, _Judge]]",
) -> Credits:
    seen = Counter(lesson for trial in trials for lesson in trial.offered)
    shown = Counter(lesson for trial in trials for lesson in trial.offered if lesson in trial.shown)
    where: dict[str, Counter[str]] = defaultdict(Counter)
    for trial in trials:
        for lesson in trial.offered:
            where[lesson][trial.environment] += 1

    def effect(lesson: str, weights: Mapping[str, float], fit: _Fit) -> Credit:
        picked_C = np.zeros(columns.n)
        for environment, weight in weights.items():
            picked_C[columns.of(lesson, environment)] += weight
        variance = float(picked_C @ fit.covariance_CC @ picked_C)
        mean, sd = round(float(picked_C @ fit.mean_C), 4), round(max(variance, 0.0) ** 0.5, 4)
        return Credit(mean, sd, seen[lesson], float(shown[lesson]))

    def credit(lesson: str, environment: str) -> Credit:
        if judge := judges.get(environment, {}).get(lesson):
            column = columns.kinds["example"]
            sd = float(shared.covariance_CC[column, column]) ** 0.5
            kind = Credit(float(shared.mean_C[column]), sd, seen[lesson])
            return judge(where[lesson][environment], kind)
        found = effect(lesson, {environment: 1.0}, shared)
        evidence = found
        if columns.kind_of[lesson] not in SUBSTITUTES:
            evidence = effect(lesson, {environment: 1.0}, alone)
        return msgspec.structs.replace(found, doubt=round(1.0 - evidence.positive, 6))

    for environment, judged in judges.items():
        for lesson in judged.keys() - where.keys():
            where[lesson][environment] = 0  # proposed in this round: never on offer, but tested
    by_environment = {
        (lesson, e): credit(lesson, e) for lesson in sorted(where) for e in sorted(where[lesson])
    }
    overall: dict[str, Credit] = {}
    for lesson, found in sorted(where.items()):
        if len(found) == 1:
            overall[lesson] = by_environment[lesson, next(iter(found))]
        else:
            weights = {e: n / found.total() for e, n in found.items()}
            doubt = min(by_environment[lesson, e].doubt for e in found)
            overall[lesson] = msgspec.structs.replace(effect(lesson, weights, shared), doubt=doubt)
    return Credits(overall, by_environment, unidentified)


_Judge = Callable[[int, Credit], Credit]
"""Maps the plays with an example on offer, and the effect of its kind, to its credit."""


def _judges(
    trials: Sequence[Trial],
    kinds: Mapping[str, str],
    agreed: Mapping[tuple[str, str], Plays | None],
) -> dict[str, dict[str, _Judge]]:
    """Return how each example is credited, by environment, where the order of examples is known."""
    shown: dict[str, list[tuple[float, list[str | None]]]] = defaultdict(list)
    offered: dict[str, set[str]] = defaultdict(set)
    for trial in trials:
        if any(trial.near):
            nearest = [
                next((own for own in near if own in trial.shown), None) for near in trial.near
            ]
            shown[trial.environment].append((trial.outcome, nearest))
            examples = (lesson for lesson in trial.offered if kinds[lesson] in SUBSTITUTES)
            offered[trial.environment].update(examples)
    found: dict[str, dict[str, _Judge]] = {}
    for environment, own in shown.items():
        decided, none = nearest_plays(own)
        recorded = {
            id: plays or decided.get(id, Plays(0.0, 0.0))
            for (e, id), plays in agreed.items()
            if e == environment
        }
        works = fit(list(recorded.values()), none)
        worth = fit([plays for id, plays in decided.items() if id in recorded], none)
        found[environment] = {
            id: partial(made_up, decided.get(id, Plays(0.0, 0.0)), none)
            for id in offered[environment]
        } | {id: partial(works.credit, plays, worth) for id, plays in recorded.items()}
    return found


def _any_shown(trial: Trial, lessons: Sequence[str]) -> float:
    """Say whether any of the lessons was shown, less the probability of that."""
    none = math.prod(1.0 - trial.offered[lesson] for lesson in lessons)
    chance = (1.0 - trial.hide) * (1.0 - none)
    return any(lesson in trial.shown for lesson in lessons) - chance


def _nearest_shown(trial: Trial) -> dict[str, float]:
    """Map each example to the share of turns in which it was the nearest one shown, less what was
    expected.
    """
    found: dict[str, float] = defaultdict(float)
    for near in trial.near:
        farther = (1.0 - trial.hide) / len(trial.near)
        for lesson in near:
            found[lesson] -= farther * trial.offered[lesson]
            farther *= 1.0 - trial.offered[lesson]
        if nearest := next((lesson for lesson in near if lesson in trial.shown), None):
            found[nearest] += 1.0 / len(trial.near)
    return found


class _Columns:
    """Which columns of the design a lesson adds to: its kind, itself, itself in the environment."""

    def __init__(
        self, lessons: Sequence[str], kinds: Mapping[str, str], environments: Sequence[str]
    ) -> None:
        self.kind_of = {lesson: kinds[lesson] for lesson in lessons}
        named = sorted(set(self.kind_of.values()))
        pairs = [(lesson, environment) for lesson in lessons for environment in environments]
        self.kinds, self.lessons, self.pairs = (
            _numbered(named, 0),
            _numbered(lessons, len(named)),
            _numbered(pairs, len(named) + len(lessons)),
        )
        self.n = len(named) + len(lessons) + len(pairs)

    def of(self, lesson: str, environment: str) -> list[int]:
        own = [self.kinds[self.kind_of[lesson]], self.lessons[lesson]]
        pair = self.pairs.get((lesson, environment))
        return own if pair is None else [*own, pair]

    def design(self, trials: Sequence[Trial]) -> Any:
        """Return the centred columns [T, C]."""
        x_T_C = np.zeros((len(trials), self.n))
        for row, trial in enumerate(trials):
            nearest = _nearest_shown(trial)
            for lesson, probability in trial.offered.items():
                shown = (lesson in trial.shown) - (1.0 - trial.hide) * probability
                kind, *own = self.of(lesson, trial.environment)
                x_T_C[row, kind] += shown
                decides = trial.near and self.kind_of[lesson] in SUBSTITUTES
                x_T_C[row, own] += nearest.get(lesson, 0.0) if decides else shown
            for kind in SUBSTITUTES & self.kinds.keys():
                offered = [lesson for lesson in trial.offered if self.kind_of[lesson] == kind]
                x_T_C[row, self.kinds[kind]] = _any_shown(trial, offered)
        return x_T_C

    def prior(
        self, prior: Prior, deviations: Mapping[str, float], *, alone: bool = False
    ) -> NDArray[np.float64]:
        """Prior standard deviations [C]; `deviations` are those of a lesson, by kind.

        `alone`: lessons that add up borrow no mean effect from their kind. Substitutes always do:
        next to its neighbours an example has hardly an effect of its own.
        """
        own = [deviations[self.kind_of[lesson]] for lesson in self.lessons]
        pairs = [prior.environment * deviations[self.kind_of[lesson]] for lesson, _ in self.pairs]
        means = [
            NO_MEAN if alone and kind not in SUBSTITUTES else prior.kind for kind in self.kinds
        ]
        return np.array([*means, *own, *pairs])


NO_MEAN = 1e-6
"""Prior standard deviation of an effect that is taken to be 0."""


def _likeliest(gram_CC: Any, moment_C: Any, columns: _Columns, prior: Prior) -> _Fit:
    """Return the posterior under the deviations that make the evidence likeliest (empirical Bayes).

    First one for all kinds, then each kind in turn.
    """

    def fit(deviations: Mapping[str, float]) -> _Fit:
        return _fit(gram_CC, moment_C, columns.prior(prior, deviations))

    tried = [(dict.fromkeys(columns.kinds, sd), sd) for sd in prior.lesson]
    fits = [(fit(deviations), deviations) for deviations, _ in tried]
    for kind in columns.kinds if len(columns.kinds) > 1 else ():
        best = max(fits, key=lambda found: found[0].evidence)[1]
        others = [{**best, kind: sd} for sd in prior.lesson if sd != best[kind]]
        fits += [(fit(deviations), deviations) for deviations in others]
    return max(fits, key=lambda found: found[0].evidence)[0]


def _fit(gram_CC: Any, moment_C: Any, prior_C: NDArray[np.float64]) -> _Fit:
    """With precision P = X'X/s2 + 1/prior2 the log evidence is b'P^-1 b / 2 - log|P| / 2 - sum(log
    prior).
    """
    precision_CC: NDArray[np.float64] = gram_CC + np.diag(prior_C**-2.0)
    covariance_CC: Any = np.linalg.inv(precision_CC)
    mean_C: Any = covariance_CC @ moment_C
    evidence = (
        0.5 * float(moment_C @ mean_C)
        + 0.5 * float(np.linalg.slogdet(covariance_CC)[1])
        - float(np.log(prior_C).sum())
    )
    return _Fit(mean_C, covariance_CC, prior_C, evidence)


def _unidentified(trials: Sequence[Trial], columns: _Columns, x_T_C: Any) -> tuple[str, ...]:
    """Name the kinds whose column never varied, and the lessons that were always or never shown."""
    shown = Counter(lesson for trial in trials for lesson in trial.shown & trial.offered.keys())
    offered = Counter(lesson for trial in trials for lesson in trial.offered)
    kinds: list[str] = []
    for kind, column in columns.kinds.items():
        values = [float(value) for value in x_T_C[:, column] if value != 0.0]
        if not values or max(values) - min(values) < VARIES:
            kinds.append(kind)
    lessons = [
        lesson
        for lesson, n in sorted(offered.items())
        if n >= OFFERED_OFTEN and shown[lesson] in (0, n)
    ]
    return (*kinds, *lessons)


VARIES = 0.5
"""Least spread of a column of inclusions: shown and not shown differ by 1."""


def _numbered(names: Iterable[Any], start: int) -> dict[Any, int]:
    return {name: start + index for index, name in enumerate(names)}


def demean(x_T_C: Any, y_T: Any, tasks: Sequence[str]) -> float:
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
