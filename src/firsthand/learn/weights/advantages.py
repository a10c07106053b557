"""From rewards to advantages: what a play earned beyond the other plays of its task."""

import statistics
from collections import defaultdict
from collections.abc import Sequence

import msgspec

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.learn.weights.rows import Row, rows_of
from firsthand.learn.weights.settings import Baseline, TrainConfig

NO_VARIANCE = 1e-6
"""Rewards of a group that differ by less are equal: nothing is learned from it."""


def advantages(
    rewards_G: Sequence[float], *, baseline: Baseline = "mean", std: bool = False
) -> list[float]:
    """Centre the rewards [G] of one group. `mean` shrinks the expected gradient by (G - 1) / G."""
    size, mean = len(rewards_G), statistics.fmean(rewards_G)
    centred = [reward - mean for reward in rewards_G]
    if baseline == "leave_one_out" and size > 1:
        centred = [value * size / (size - 1) for value in centred]
    if std and size > 1:
        spread = statistics.stdev(rewards_G)
        centred = [value / (spread + 1e-4) for value in centred]
    return centred


class Groups(msgspec.Struct, frozen=True):
    """The rows of a batch, and what became of its groups."""

    rows: tuple[Row, ...]
    groups: int
    """Groups with enough plays."""
    dropped: int
    """Groups with too few plays that neither failed nor were flagged."""
    even: int
    """Groups whose plays all got the same reward: their rows have advantage 0."""
    reward: float
    """Mean reward of the plays; 0 where there are none."""

    @property
    def frac_zero_std(self) -> float:
        """The share of groups without variance."""
        return self.even / self.groups if self.groups else 0.0


def grouped(
    episodes: Sequence[Episode], agent: Agent, config: TrainConfig, *, version: int = 0
) -> Groups:
    """Return rows with advantages. Failed and flagged plays neither become rows nor count."""
    plays: dict[str, list[Episode]] = defaultdict(list)
    for episode in episodes:
        sound = episode.error is None and episode.reward is not None and not episode.flags
        plays[episode.task.id] += [episode] if sound else []
    rows: list[Row] = []
    dropped = even = 0
    rewards_all: list[float] = []
    for group in plays.values():
        rewards = [episode.reward or 0.0 for episode in group]
        rewards_all += rewards
        if len(group) < config.least:
            dropped += 1
            continue
        flat = max(rewards) - min(rewards) < NO_VARIANCE
        even += flat
        centred = advantages(rewards, baseline=config.baseline, std=config.std)
        for episode, value in zip(group, centred, strict=True):
            rows += rows_of(episode, agent, advantage=value, even=flat, version=version)
    reward = statistics.fmean(rewards_all) if rewards_all else 0.0
    return Groups(tuple(rows), len(plays) - dropped, dropped, even, reward)
