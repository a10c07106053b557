"""Curricula: which environments and levels the next tasks come from.

Plays of a task teach by differing in their outcome. Where a share p of the plays succeeds, their
variance is p(1 - p), the learnability of that place (Rutherford et al. 2024, arXiv 2408.15099):
tasks that are always or never solved teach nothing. The rates are kept by environment and level,
recent plays count more, and a share of the draws explores all places alike. Left out: rates of
single tasks, which are fresh here and never come twice.

Learnability cannot tell what is not learned yet from what is chance: an environment whose outcomes
are luck keeps p(1 - p) = .25 for ever and draws most tasks once the others are solved. `python
benchmarks/curriculum.py` measures what that costs. Only name environments where something can be
learned.
"""

import random
from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

from firsthand.episode import Episode
from firsthand.errors import UnknownName, UserError
from firsthand.registry import lookup
from firsthand.task import digest

Rule = Literal["uniform", "learnability"]
RULES: tuple[Rule, ...] = get_args(Rule)

EXPLORATION = 0.2
"""Share of the draws that all places get alike: one that was too hard is tried again."""
DECAY = 0.98
"""What a play still counts after the next one of its place: about the last fifty make the rate."""
PRIOR = 1.0
"""Plays that succeeded, and as many that did not, which every place begins with and always keeps:
what was not tried is held to be most learnable, and nothing is ever certain."""


class Place(NamedTuple):
    """Where tasks are drawn from."""

    environment: str
    level: int


class Curriculum:
    """Draws places by a rule, from what was played so far.

    Draws follow from the seed, the number of the draw and the episodes: a lab that repeats its
    history draws the same. Raises `UserError` where there is no place.
    """

    def __init__(
        self,
        places: Sequence[Place],
        *,
        rule: Rule = "learnability",
        seed: int = 0,
        exploration: float = EXPLORATION,
        decay: float = DECAY,
    ) -> None:
        if rule not in RULES:
            raise UnknownName("curriculum", rule, RULES, hint=f"There are: {', '.join(RULES)}.")
        if not places:
            raise UserError("A curriculum needs at least one environment and level.")
        for name, value in (("exploration", exploration), ("decay", decay)):
            if not 0.0 <= value <= 1.0:
                raise UserError(f"{name} must be between 0 and 1, got {value!r}.")
        self.places, self.rule, self.seed = tuple(places), rule, seed
        self.exploration, self.decay = exploration, decay
        self._succeeded = dict.fromkeys(self.places, 0.0)
        self._played = dict.fromkeys(self.places, 0.0)
        self._draws = 0

    def rate(self, place: Place) -> float:
        """Return the recent rate of success, between 0 and 1."""
        return (self._succeeded[place] + PRIOR) / (self._played[place] + 2 * PRIOR)

    def probabilities(self) -> list[float]:
        """Return how likely each of `places` is drawn next; they sum to 1."""
        even = 1 / len(self.places)
        if self.rule == "uniform":
            return [even] * len(self.places)
        worth = [self.rate(place) * (1 - self.rate(place)) for place in self.places]
        return [
            self.exploration * even + (1 - self.exploration) * own / sum(worth) for own in worth
        ]

    def draw(self, n: int) -> list[Place]:
        """Return the places of the next n tasks."""
        self._draws += 1
        rng = random.Random(digest(f"curriculum/{self.seed}/{self._draws}"))
        return rng.choices(self.places, self.probabilities(), k=n)

    def learn(self, episodes: Sequence[Episode]) -> None:
        """Take in how plays ended, in their order; failed ones and other places say nothing."""
        for episode in episodes:
            place = Place(episode.task.environment, episode.task.level)
            if episode.reward is not None and place in self._played:
                reward = min(1.0, max(0.0, episode.reward))
                self._succeeded[place] = self.decay * self._succeeded[place] + reward
                self._played[place] = self.decay * self._played[place] + 1


def places(environments: Sequence[str], level: int) -> list[Place]:
    """Return the levels of each environment from the first to `level`.

    Raises `UserError` for an environment that does not have the level.
    """
    found = [
        Place(known.name, each)
        for known in map(lookup, environments)
        for each in known.levels
        if each <= level
    ]
    for known in map(lookup, environments):
        if level not in known.levels:
            first, last = known.levels[0], known.levels[-1]
            raise UserError(f"{known.name} has levels {first} to {last}, got {level}.")
    return found
