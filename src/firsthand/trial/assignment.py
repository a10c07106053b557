"""Who is shown what: coins that the seed, the run and the item decide, and nothing else.

Each item has a coin of its own, so that taking one off trial changes no other. A small share of the
runs shows everything or nothing, which is the only way to learn what the whole file is worth.
"""

import hashlib
import random
from collections.abc import Sequence
from typing import Literal, NamedTuple

Mode = Literal["random", "all", "none"]
"""A random subset, every item, or only those that are always kept."""


class Draw(NamedTuple):
    """The items on trial that one run shows and hides."""

    mode: Mode
    shown: tuple[str, ...]
    hidden: tuple[str, ...]


def draw(items: Sequence[str], key: str, *, mode: Mode, probability: float, seed: int) -> Draw:
    """Toss the coins of a run."""
    if mode == "random":
        shown = [item for item in items if _coin(seed, key, item) < probability]
    else:
        shown = list(items) if mode == "all" else []
    hidden = [item for item in items if item not in shown]
    return Draw(mode, tuple(shown), tuple(hidden))


def mode_of(key: str, *, ends: float, seed: int) -> Mode:
    """Return the mode of a run of which nothing is known but its key."""
    coin = _coin(seed, key, "mode")
    return "all" if coin < ends else "none" if coin < 2 * ends else "random"


def balanced_mode(task: str, number: int, *, ends: float, seed: int) -> Mode:
    """Return the mode of a task's run: of each 1/`ends` runs of a task one is all and one none."""
    if ends <= 0.0:
        return "random"
    size = max(2, round(1 / ends))
    block = random.Random(_hash(seed, task, f"ends {number // size}"))
    everything, nothing = block.sample(range(size), 2)
    place = number % size
    return "all" if place == everything else "none" if place == nothing else "random"


def order(tasks: Sequence[str], runs: int, *, seed: int) -> list[tuple[str, int]]:
    """Return which task is played when, and for which time: rounds of all tasks, each shuffled, so
    that no task runs earlier than another on the whole.
    """
    found: list[tuple[str, int]] = []
    for number in range(-(-runs // len(tasks))):
        turn = list(tasks)
        random.Random(_hash(seed, "order", str(number))).shuffle(turn)
        found += [(task, number) for task in turn]
    return found[:runs]


def _coin(seed: int, key: str, item: str) -> float:
    return _hash(seed, key, item) / 2**64


def _hash(seed: int, *words: str) -> int:
    told = "\0".join((str(seed), *words)).encode("utf-8", "surrogateescape")
    return int.from_bytes(hashlib.sha256(told).digest()[:8], "big")
