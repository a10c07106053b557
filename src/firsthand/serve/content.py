"""The hash of what happened in an episode: the task, what was shown, done and earned.

Left out is what says nothing about the play: who played, when, in which run, and how long it took;
and the true score, which a player who knows all the rest could find by trying. Two plays with equal
hashes had the same observations, actions, rewards and end.
"""

import hashlib
from typing import Any

import msgspec

from firsthand.episode import Episode

LENGTH = 16
"""Bytes of the hash."""

_encoder = msgspec.json.Encoder(order="deterministic")


def content_hash(episode: Episode) -> str:
    """Hash the content of an episode to 32 hexadecimal characters."""
    error = episode.error
    content: tuple[Any, ...] = (
        episode.task,
        [(turn.observation, turn.action, turn.reward) for turn in episode.turns],
        episode.final,
        episode.reward,
        episode.checks,
        episode.stop,
        episode.aftermath,
        None if error is None else (error.owner, error.type),
    )
    return hashlib.blake2b(_encoder.encode(content), digest_size=LENGTH).hexdigest()
