"""Choices that are combinations: the parts that legal options consist of, and lessons for each.

A line such as `<PRC=lamp+>` decides two things at once: what the customer wants, and where the item
belongs. Shown whole, worked examples teach only the pairs that were played. So options are compared
with each other: where they are all combinations of a few parts, examples are retrieved for each
part under word weights that tell about that part, and the choice is made part by part (`agent`).
Left out: options that are no full product, whose parts cannot be chosen apart.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import combinations
from math import lgamma, log, prod

import msgspec

from firsthand.retrieval import FLOOR, Retrieval, pattern

PROBED = 100
"""Examples that are predicted from the others to see whether parts can be learned apart."""
CONCENTRATION = 1.0
"""Pseudo-counts of the prior under which a word tells nothing. From .5 to 2 the share of held-out
marks of `interfaces/shop_desk` whose nearest example is right changes by less than .05."""


class Parts(msgspec.Struct, frozen=True):
    """How options are built: pieces that all of them share, and parts in which they differ."""

    frame: tuple[str | None, ...]
    """For each piece what it is in every option; None: it belongs to a part."""
    columns: tuple[tuple[int, ...], ...]
    """For each part the places of its pieces."""

    def read(self, observation: str, action: str) -> tuple[str, ...] | None:
        """Return an action's value of each part; None: it is not built in this way."""
        pieces = _pieces(observation, action)
        if len(pieces) != len(self.frame):
            return None
        if any(own not in (None, piece) for own, piece in zip(self.frame, pieces, strict=True)):
            return None
        return tuple(" ".join(pieces[place] for place in places) for places in self.columns)


def parts_of(observation: str, options: Sequence[str]) -> Parts | None:
    """Return the parts that options are combinations of; None: they are no full product."""
    rows = [_pieces(observation, option) for option in options]
    if len(rows) < 4 or len({len(row) for row in rows}) > 1:
        return None
    columns = list(zip(*rows, strict=True))
    groups = [(place,) for place, column in enumerate(columns) if len(set(column)) > 1]
    while pair := next((p for p in combinations(groups, 2) if _depend(rows, *p)), None):
        merged = tuple(sorted((*pair[0], *pair[1])))
        groups = sorted([merged, *(group for group in groups if group not in pair)])
    whole = len({tuple(row) for row in rows}) == len(rows)
    if len(groups) < 2 or not whole or prod(len(_values(rows, g)) for g in groups) != len(rows):
        return None
    varying = {place for group in groups for place in group}
    frame = tuple(None if i in varying else column[0] for i, column in enumerate(columns))
    return Parts(frame, tuple(groups))


class PartLessons:
    """Worked examples of actions that are built from parts, retrieved for each part apart."""

    def __init__(self, parts: Parts, examples: Sequence[tuple[str, str]]) -> None:
        read = [(place, parts.read(*example)) for place, example in enumerate(examples)]
        known = [(place, values) for place, values in read if values is not None]
        self.parts = parts
        self._places = [place for place, _ in known]
        self._values = [values for _, values in known]
        self._examples = [examples[place] for place in self._places]
        self._index = [
            Retrieval(self._examples, weights=lambda counts, own=labels: evidence(counts, own))
            for labels in map(list, zip(*self._values, strict=True))
        ]
        self.useful = bool(known) and self._apart()

    def nearest(self, part: int, observation: str) -> list[int]:
        """Return the places of the examples that tell about a part, the nearest first."""
        return [self._places[found] for found in self._index[part].nearest(observation)]

    def _apart(self) -> bool:
        """Whether the nearest other examples tell the parts one by one as often as all at once.

        Where what is right in one part depends on another, they do not: then nothing is taken
        apart.
        """
        whole, step = Retrieval(self._examples), math.ceil(len(self._examples) / PROBED)
        at_once = one_by_one = 0
        for place in range(0, len(self._examples), step):
            said, right = self._examples[place][0], self._values[place]
            other = _nearest_but(whole, place, said)
            at_once += other is not None and self._values[other] == right
            others = [_nearest_but(index, place, said) for index in self._index]
            one_by_one += all(
                found is not None and self._values[found][part] == right[part]
                for part, found in enumerate(others)
            )
        return one_by_one >= at_once


def evidence(counts: Sequence[Counter[str]], labels: Sequence[str]) -> dict[str, float]:
    """Weigh words by the evidence that they tell about labels: a Bayes factor, in nats a sighting.

    It compares that the labels beside a word have shares of their own (a Dirichlet around the
    overall ones) with that they do not. Unlike a divergence it is about 0 for a rare word whose few
    labels agree by luck: with 150 examples the nearest one then has the right mark on
    `interfaces/shop_desk` for .66 to .79 of the customers, else for .40 to .53 (docs/log.md).
    """
    total, n = Counter(labels), len(labels)
    beside: dict[str, Counter[str]] = defaultdict(Counter)
    for count, label in zip(counts, labels, strict=True):
        for word in count:
            beside[word][label] += 1

    def nats(seen: Counter[str]) -> float:
        found = lgamma(CONCENTRATION) - lgamma(CONCENTRATION + seen.total())
        for label, times in seen.items():
            share = total[label] / n
            found += lgamma(times + CONCENTRATION * share) - lgamma(CONCENTRATION * share)
            found -= times * log(share)
        return max(found / seen.total(), 0.0)

    return {
        word: log((1 + n) / seen.total()) * (nats(seen) + FLOOR) for word, seen in beside.items()
    }


def _nearest_but(index: Retrieval, place: int, said: str) -> int | None:
    return next((found for found in index.nearest(said) if found != place), None)


def _pieces(observation: str, action: str) -> list[str]:
    """Split an action into words and signs; a run of words of the observation is one piece."""
    told = re.sub(r"…(\s+…)+", "…", pattern(observation, action))
    return re.findall(r"\w+|\s+|[^\w\s]", told)


def _values(rows: Sequence[Sequence[str]], group: Sequence[int]) -> set[tuple[str, ...]]:
    return {tuple(row[place] for place in group) for row in rows}


def _depend(rows: Sequence[Sequence[str]], one: Sequence[int], other: Sequence[int]) -> bool:
    """Whether not every value of one group of pieces is combined with every value of the other."""
    apart = len(_values(rows, one)) * len(_values(rows, other))
    return len(_values(rows, (*one, *other))) < apart
