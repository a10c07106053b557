"""Which worked examples to show for an observation: nearest neighbours under learned word weights.

A word counts by how rare it is and by how much it tells about the action: its inverse document
frequency times the Kullback-Leibler divergence between the actions of examples that contain it and
of all examples (supervised term weighting, Debole and Sebastiani 2003). Without the second factor
most neighbours share words that do not matter: on `rules/triage` the nearest example then had the
right action for .40 to .90 of the tickets, with it for .99 (docs/log.md). Left out: embeddings.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise

PRIOR = 2.0
"""Pseudo-counts that pull a rare word's actions towards those of all examples."""
FLOOR = 0.02
"""Nats that every word is worth, so that there are neighbours before actions differ."""


Weigh = Callable[[Sequence[Counter[str]]], dict[str, float]]


class Retrieval:
    """An inverted index over pairs of observation and action.

    `weights` maps the words of each observation to what each word counts; by default it is what
    they tell about the actions.
    """

    def __init__(
        self, examples: Sequence[tuple[str, str]], *, weights: Weigh | None = None
    ) -> None:
        counts = [Counter(words(observation)) for observation, _ in examples]
        if weights is None:
            self._weights = _word_weights(counts, [pattern(*example) for example in examples])
        else:
            self._weights = weights(counts)
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for index, count in enumerate(counts):
            for word, weight in self._unit(count).items():
                self._postings[word].append((index, weight))

    def nearest(self, observation: str) -> list[int]:
        """Return the indices of all examples that share a word with the observation, nearest first
        (cosine).
        """
        similarity: dict[int, float] = defaultdict(float)
        for word, weight in self._unit(Counter(words(observation))).items():
            for index, other in self._postings.get(word, ()):
                similarity[index] += weight * other
        return sorted(similarity, key=lambda index: (-similarity[index], index))

    def _unit(self, count: Counter[str]) -> dict[str, float]:
        weights = {
            word: n * self._weights[word] for word, n in count.items() if word in self._weights
        }
        norm = math.sqrt(sum(weight * weight for weight in weights.values()))
        return {word: weight / norm for word, weight in weights.items()} if norm else {}


def words(text: str) -> list[str]:
    """Split text into lower-case words and the pairs of neighbours among them."""
    single = re.findall(r"\w+", text.lower())
    return single + [f"{a} {b}" for a, b in pairwise(single)]


def pattern(observation: str, action: str) -> str:
    """Blank the words of an action that the observation already contains: what is left is what was
    decided.
    """
    said = set(re.findall(r"\w+", observation.lower()))
    return re.sub(
        r"\w+", lambda match: "…" if match.group().lower() in said else match.group(), action
    )


def _word_weights(counts: Sequence[Counter[str]], patterns: Sequence[str]) -> dict[str, float]:
    total, n = Counter(patterns), len(patterns)
    beside: dict[str, Counter[str]] = defaultdict(Counter)
    for count, decided in zip(counts, patterns, strict=True):
        for word in count:
            beside[word][decided] += 1

    def informs(seen: Counter[str]) -> float:
        size, divergence = seen.total(), 0.0
        for decided, k in total.items():
            prior = k / n
            share = (seen[decided] + PRIOR * prior) / (size + PRIOR)
            divergence += share * math.log(share / prior)
        return divergence

    return {
        word: math.log((1 + n) / seen.total()) * (informs(seen) + FLOOR)
        for word, seen in beside.items()
    }
