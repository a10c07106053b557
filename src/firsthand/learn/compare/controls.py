"""Controls: arms that must not gain, because what they learn from was taken away.

null          control/null, where nothing can be learned: every arm
shuffled      outcomes dealt out at random among the episodes of a call of `play`
lr0           learning rate 0
other_world   learned in another world of the same environment
flags_kept    sabotaged environments: flags are taken off, so that exploits are learned from
"""

import random
from collections.abc import Callable, Sequence

import msgspec

from firsthand.episode import Episode
from firsthand.errors import UnknownName
from firsthand.learn.compare.arms import ARMS
from firsthand.registry import lookup
from firsthand.task import digest

NULL = "control/null"
OTHER_WORLD = 1000
"""How far away the other world is."""
CONTROLS = ("null", "shuffled", "lr0", "other_world", "flags_kept")

Alter = Callable[[list[Episode]], list[Episode]]


def subjects(control: str, arms: Sequence[str]) -> list[str]:
    """Return the arms that a control is run on. Raises `UnknownName`."""
    if control not in CONTROLS:
        raise UnknownName("control", control, CONTROLS, hint=f"There are: {', '.join(CONTROLS)}.")
    learning = [name for name in arms if name != "base"]
    if control in ("null", "flags_kept"):
        return learning
    in_prompt = _first(learning, ("lessons", "no_gate", "retrieval", "icl"))
    in_weights = _first(learning, ("grpo", "filtered_sft"))
    if control == "lr0":
        return _first(learning, ("grpo", "filtered_sft", "sft"))
    return [*in_prompt, *in_weights] if control == "shuffled" else in_prompt


def environments(control: str, named: Sequence[str]) -> list[str]:
    """Return the environments that a control is run on."""
    if control == "null":
        return [NULL]
    if control == "flags_kept":
        return [name for name in named if "__" in name]
    if control == "other_world":
        return [name for name in named if lookup(name).laws]
    return [name for name in named if name != NULL]


def alter(control: str, seed: int) -> Alter | None:
    """Return what a control does to episodes before its learner sees them."""
    if control == "shuffled":
        return Shuffled(seed)
    return without_flags if control == "flags_kept" else None


class Shuffled:
    """Deal the outcomes of a list of episodes out at random among them."""

    def __init__(self, seed: int) -> None:
        self.seed, self.calls = seed, 0

    def __call__(self, episodes: list[Episode]) -> list[Episode]:
        """Return the episodes as their learner sees them."""
        self.calls += 1
        scored = [own for own in episodes if own.reward is not None and own.turns]
        outcomes = [own.reward or 0.0 for own in scored]
        random.Random(digest(f"shuffled/{self.seed}/{self.calls}")).shuffle(outcomes)
        dealt = {own.id: outcome for own, outcome in zip(scored, outcomes, strict=True)}
        return [_with_reward(own, dealt[own.id]) if own.id in dealt else own for own in episodes]


def _with_reward(episode: Episode, reward: float) -> Episode:
    """Return the episode as if it had been paid so, all of it for the last turn."""
    turns = [msgspec.structs.replace(turn, reward=0.0) for turn in episode.turns]
    turns[-1] = msgspec.structs.replace(turns[-1], reward=reward)
    return msgspec.structs.replace(episode, turns=tuple(turns), reward=reward)


def without_flags(episodes: list[Episode]) -> list[Episode]:
    """Take the flags off, so that what looks like an exploit is learned from like all else."""
    return [msgspec.structs.replace(own, flags=()) if own.flags else own for own in episodes]


def _first(names: Sequence[str], wanted: Sequence[str]) -> list[str]:
    return [name for name in wanted if name in names and name in ARMS][:1]
