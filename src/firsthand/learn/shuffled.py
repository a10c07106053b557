"""Shuffled outcomes: the control for every claim of learning.

Scores are dealt out at random among the episodes that were played together, so that what was done
no longer says what was paid. A learner that still gains has a leak.
"""

import random
from collections.abc import Sequence

import msgspec

from firsthand.episode import Episode
from firsthand.task import digest


def shuffled(episodes: Sequence[Episode], *, seed: int = 0) -> list[Episode]:
    """Return the same episodes, each with the outcome of one of them; failed ones stay as they are.

    Decided by the seed and the ids of the episodes, so that a run that goes on deals the same.
    """
    scored = [episode for episode in episodes if episode.reward is not None]
    rng = random.Random(digest(f"{seed}/{'/'.join(episode.id for episode in scored)}"))
    dealt = iter(rng.sample(scored, len(scored)))
    return [
        episode if episode.reward is None else _with_outcome_of(episode, next(dealt))
        for episode in episodes
    ]


def _with_outcome_of(episode: Episode, other: Episode) -> Episode:
    """Return the episode as if it had ended like another: its last turn is paid the whole score."""
    paid = [0.0] * len(episode.turns)
    if paid:
        paid[-1] = other.reward or 0.0
    turns = tuple(
        msgspec.structs.replace(turn, reward=reward)
        for turn, reward in zip(episode.turns, paid, strict=True)
    )
    return msgspec.structs.replace(
        episode, turns=turns, reward=other.reward, checks=other.checks, aftermath=other.aftermath
    )
