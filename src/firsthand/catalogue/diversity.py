"""How many different families a set of environments is worth.

Two measures: the words that environments share, which is cheap, and transfer, which counts: what a
learner that mastered A gains on B. Families that are near by either are one cluster; a set of
clusters is worth the exponential of the entropy of their sizes (the Hill number of order 1): as
many as there are families where none is near another, and less with every near-duplicate.
"""

import math
import re
from collections.abc import Mapping, Sequence

from firsthand.actions import spoken
from firsthand.agent import Agent
from firsthand.environment import Environment
from firsthand.models.scripted import Expert
from firsthand.registry import tasks
from firsthand.rollout.play import play

EPISODES = 10
"""Expert episodes of an environment whose words are counted."""
NEAR_WORDS = 0.5
"""Families that share more of their words than this (Jaccard) are near; two levels of one family
share .6 to .9, the nearest of the first six families .2."""
NEAR_TRANSFER = 0.5
"""Families are near when mastering one brings more than half of what mastering the other brings."""
_WORD = re.compile(r"[a-z]{2,}")

Pair = tuple[str, str]


async def vocabulary(environment: type[Environment], *, level: int = 1) -> frozenset[str]:
    """Return the words of an environment's observations and actions, as an expert meets them."""
    found: set[str] = set()
    for task in tasks(environment.name, EPISODES, level=level):
        episode = await play(environment(), Agent(model=Expert()), task)
        for turn in episode.turns:
            found.update(_WORD.findall(turn.observation.full.lower()))
            found.update(_WORD.findall(spoken(turn.action).lower()))
        found.update(_WORD.findall(episode.final.full.lower()))
    return frozenset(found)


def overlap(a: frozenset[str], b: frozenset[str]) -> float:
    """Return the share of all words of two sets that both have (Jaccard)."""
    return len(a & b) / len(a | b) if a | b else 0.0


def overlaps(vocabularies: Mapping[str, frozenset[str]]) -> dict[Pair, float]:
    """Return the overlap of each pair of environments."""
    names = sorted(vocabularies)
    return {
        (a, b): overlap(vocabularies[a], vocabularies[b])
        for place, a in enumerate(names)
        for b in names[place + 1 :]
    }


def clusters(names: Sequence[str], nearness: Mapping[Pair, float], near: float) -> list[list[str]]:
    """Join environments that are nearer than `near`, directly or over others (single linkage)."""
    home = {name: {name} for name in names}
    for (a, b), value in nearness.items():
        if value > near and home[a] is not home[b]:
            joined = home[a] | home[b]
            for name in joined:
                home[name] = joined
    distinct = {id(group): sorted(group) for group in home.values()}
    return sorted(distinct.values(), key=lambda group: (-len(group), group))


def effective_number(groups: Sequence[Sequence[str]]) -> float:
    """Return exp(entropy) of the share of families in each cluster; 0 without families."""
    total = sum(map(len, groups))
    shares = [len(group) / total for group in groups if group]
    return math.exp(-sum(share * math.log(share) for share in shares)) if shares else 0.0
