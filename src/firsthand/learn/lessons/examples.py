"""Which worked examples are right: a mixture of those that work and those that do not.

An example decides where it is the nearest one shown, so the outcomes of those plays tell about it.
Of a recorded success all plays tell that did what it would have done, shown or not (`agreeing`): so
an example that misled only because no nearer one was known yet is not dropped, and successes of the
last round are tested by the rounds before it. Few plays tell about each of a hundred examples, but
an example either works or it does not, and both groups are seen together: the mixture learns how
often plays succeed in each group and how large the groups are, and then one play or two say much
about a single example (the two-groups model, Efron 2008). Whether showing examples changes anything
at all is not decided here but by the randomised design (`credit`).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import exp, lgamma

import msgspec
import numpy as np
from numpy.typing import NDArray

from firsthand.actions import calls_as_json
from firsthand.episode import Episode
from firsthand.playbook import Credit, Lesson, Playbook
from firsthand.retrieval import pattern

ROUNDS = 200
"""Steps of expectation and maximisation; the shares change by less than .001 after some fifty."""
NEVER = 0.01
"""Least and, from 1, most chance of success in a group: no play is impossible."""
WORKING, PLAYS = 0.8, 2.0
"""Share of working examples that is imagined before the first play, and how many lessons or plays
that is worth; it keeps groups with nothing in them where they are."""


MADE_UP = 0.2
"""Share of the examples that somebody made up which work, before their plays are counted: at a base
rate of one in five, four wins in four plays promote one, and three do not."""


class Plays(msgspec.Struct, frozen=True):
    """Plays in which one example was the nearest shown: how many, and the sum of their outcomes.

    Both may be fractions: where turns had different nearest examples they share the play.
    """

    n: float
    won: float


class Groups(msgspec.Struct, frozen=True):
    """The mixture: chance of success with no example, a useless one, a working one."""

    none: float
    useless: float
    works: float
    share: float
    """Share of working examples; 1: they cannot be told apart."""

    def chance(self, plays: Plays) -> float:
        """Return the probability that an example with such plays works."""
        if self.share >= 1.0:
            return 1.0
        ratio = np.exp(np.clip(_log_ratio(self.works, self.useless, plays.n, plays.won), -50, 50))
        odds = self.share / (1.0 - self.share) * float(ratio)
        return odds / (1.0 + odds)

    def credit(self, plays: Plays, worth: "Groups", n: int, effect: Credit) -> Credit:
        """Return an example's credit; `effect` is the posterior of the kind's mean effect.

        `worth` says how often plays succeed that are shown a working example, a useless one or
        none. Without an effect of the kind, what looks like groups is luck: then nothing is known
        of any example but that the kind's effect is about 0.
        """
        real = _real(effect)
        chance = self.chance(plays)
        works, useless = worth.works - worth.none, worth.useless - worth.none
        mean = real * (chance * works + (1.0 - chance) * useless)
        spread = real * (chance * (works - mean) ** 2 + (1.0 - chance) * (useless - mean) ** 2)
        spread += (1.0 - real) * mean**2 + effect.sd**2
        return Credit(
            round(mean, 4),
            round(spread**0.5, 4),
            n,
            round(plays.n, 2),
            round(1.0 - real * chance, 6),
        )


def made_up(plays: Plays, none: Plays, n: int, effect: Credit) -> Credit:
    """Return the credit of an example that is no recorded success, by the plays that it decided.

    It stands alone: whoever made it up may have made up others that work. Whether it does is the
    Bayes factor of any rate of success against the rate of plays without an example, at prior odds
    of `MADE_UP`.
    """
    real, base = _real(effect), _inside((none.won + 0.5) / (none.n + 1.0))
    lost = plays.n - plays.won
    any_rate = lgamma(plays.won + 1) + lgamma(lost + 1) - lgamma(plays.n + 2)
    ratio = any_rate - float(_log_likelihood(base, np.float64(plays.n), np.float64(plays.won)))
    odds = MADE_UP / (1.0 - MADE_UP) * exp(min(ratio, 50.0))
    rate = (plays.won + PLAYS * base) / (plays.n + PLAYS)
    helps = real * odds / (1.0 + odds) if rate > base else 0.0
    variance = rate * (1.0 - rate) / (plays.n + PLAYS + 1.0) + effect.sd**2
    return Credit(
        round(real * (rate - base), 4),
        round(variance**0.5, 4),
        n,
        round(plays.n, 2),
        round(1.0 - helps, 6),
    )


def _real(effect: Credit) -> float:
    """Return how sure it is that showing examples changes anything."""
    return abs(2.0 * effect.positive - 1.0)


class Done(msgspec.Struct, frozen=True):
    """One turn: what was seen and done, and the outcome of its play."""

    episode: str
    task: str
    environment: str
    observation: str
    action: str
    outcome: float
    weight: float
    """Its share of the play: 1 / turns."""
    by_parts: bool = False
    """Whether the choice was made part by part."""


def turns_of(episode: Episode, outcome: float) -> list[Done]:
    """Return the turns of an episode in which something was done."""
    acted = [(turn, calls_as_json(turn.action)) for turn in episode.turns]
    return [
        Done(
            episode.id,
            episode.task.id,
            episode.task.environment,
            turn.observation.full,
            action,
            outcome,
            1.0 / len(acted),
            bool(turn.near),
        )
        for turn, action in acted
        if action
    ]


def agreeing(
    turns: Sequence[Done], lessons: Sequence[Lesson]
) -> dict[tuple[str, str], Plays | None]:
    """Map environment and recorded example to the turns that did what it would have done.

    A turn tells about the nearest example, those of its own task passed over, where both act in the
    same way. None: choices are made part by part there, so that the outcome tells about an example
    for each part, and only plays that it decided are telling.
    """
    examples = [lesson for lesson in lessons if lesson.kind == "example"]
    known = Playbook(0, tuple(examples))
    task_of = {turn.episode: turn.task for turn in turns}
    tasks = {lesson.id: {task_of.get(id) for id in lesson.evidence} for lesson in examples}
    partwise = {turn.environment for turn in turns if turn.by_parts}
    found: dict[tuple[str, str], Plays | None] = {
        (environment, lesson.id): None if environment in partwise else Plays(0.0, 0.0)
        for environment in {turn.environment for turn in turns}
        for lesson in examples
        if lesson.evidence and lesson.in_scope(environment)
    }
    for turn in turns:
        near = known.examples(turn.environment, turn.observation, len(examples))
        nearest = next((own for own in reversed(near) if turn.task not in tasks[own.id]), None)
        if nearest and (plays := found.get((turn.environment, nearest.id))):
            done_so = pattern(turn.observation, turn.action)
            if pattern(nearest.observation, nearest.action) == done_so:
                found[turn.environment, nearest.id] = Plays(
                    plays.n + turn.weight, plays.won + turn.weight * turn.outcome
                )
    return found


def fit(plays: Sequence[Plays], none: Plays) -> Groups:
    """Fit the mixture by expectation maximisation; `none` are the plays without any example shown.

    Where one group explains the plays as well as two (by the Bayesian information criterion), the
    examples cannot be told apart, and all of them are taken to work as well as they do together.
    """
    n_E: NDArray[np.float64] = np.array([own.n for own in plays])
    won_E: NDArray[np.float64] = np.array([own.won for own in plays])
    with_any = (won_E.sum() + 0.5) / (n_E.sum() + 1.0)
    without = _inside((none.won + 0.5) / (none.n + 1.0))
    told_E = n_E > 0
    works, useless, share = _inside(max(with_any, without)), _inside(without / 2), WORKING
    for _ in range(ROUNDS):
        log_odds_E = np.log(share / (1 - share)) + _log_ratio(works, useless, n_E, won_E)
        chance_E = 1.0 / (1.0 + np.exp(-np.clip(log_odds_E, -50, 50)))
        played = chance_E * n_E
        others = n_E - played
        works = (chance_E @ won_E + PLAYS * with_any) / (played.sum() + PLAYS)
        useless = ((1 - chance_E) @ won_E + PLAYS * without / 2) / (others.sum() + PLAYS)
        works, useless = _inside(max(works, without)), _inside(min(useless, without))
        share = (chance_E[told_E].sum() + PLAYS * WORKING) / (told_E.sum() + PLAYS)
    both = np.logaddexp(
        np.log(share) + _log_likelihood(works, n_E, won_E),
        np.log(1 - share) + _log_likelihood(useless, n_E, won_E),
    )
    gained = float((both - _log_likelihood(_inside(with_any), n_E, won_E)).sum())
    if gained <= np.log(max(told_E.sum(), 2)):  # two more parameters, half the logarithm for each
        together = _inside(with_any)
        if together <= without:
            return Groups(without, together, without, 0.0)
        return Groups(without, without, together, 1.0)
    return Groups(without, float(useless), float(works), float(share))


def nearest_plays(
    shown: Sequence[tuple[float, Sequence[str | None]]],
) -> tuple[Mapping[str, Plays], Plays]:
    """Sum up plays `(outcome, nearest example shown in each turn)`: by example, and without any."""
    n, won = defaultdict[str | None, float](float), defaultdict[str | None, float](float)
    for outcome, nearest in shown:
        for lesson in nearest:
            n[lesson] += 1.0 / len(nearest)
            won[lesson] += outcome / len(nearest)
    found = {lesson: Plays(n[lesson], won[lesson]) for lesson in n if lesson is not None}
    return found, Plays(n[None], won[None])


def _log_ratio(
    works: float, useless: float, n: NDArray[np.float64] | float, won: NDArray[np.float64] | float
) -> NDArray[np.float64]:
    """Log likelihood of outcomes in [0, 1] under the working group, less that under the other."""
    return _log_likelihood(works, n, won) - _log_likelihood(useless, n, won)


def _log_likelihood(
    chance: float, n: NDArray[np.float64] | float, won: NDArray[np.float64] | float
) -> NDArray[np.float64]:
    return np.multiply(won, np.log(chance)) + np.subtract(n, won) * np.log(1 - chance)


def _inside(chance: float) -> float:
    return float(min(max(chance, NEVER), 1.0 - NEVER))
