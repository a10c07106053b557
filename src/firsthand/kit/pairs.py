"""Pairs of hidden laws that meet in one split only, so that no episode of another can be copied.

Each part of a pair occurs in training; which partners it meets there is decided by content, as
everything that splits share out is.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import product

import msgspec

from firsthand.task import SPLITS, Task

Pair = tuple[str, str]
LEAST = 8
"""Pairs that each split must have."""
MOST_TRIES = 1000
"""Ways of sharing out that are tried. With 40 pairs about half of them do."""


def pairs(task: Task, firsts: Sequence[str], seconds: Sequence[str]) -> tuple[Pair, ...]:
    """Return the pairs of the task's split: one of `firsts` with another of `seconds`.

    The order within a pair counts only where both parts are of one kind, and then the first comes
    first in the alphabet.
    """
    whole = msgspec.structs.replace(task, seed=0, level=1, split="train")
    return _shared(whole, tuple(firsts), tuple(seconds))[SPLITS.index(task.split)]


@lru_cache(maxsize=64)
def _shared(
    task: Task, firsts: tuple[str, ...], seconds: tuple[str, ...]
) -> tuple[tuple[Pair, ...], ...]:
    """Share the pairs out so that training meets every part and each split has some."""
    every = [(a, b) for a, b in product(firsts, seconds) if a != b]
    if set(firsts) & set(seconds):
        every = [(a, b) for a, b in every if a < b]
    parts = {part for pair in every for part in pair}
    views = [msgspec.structs.replace(task, split=split) for split in SPLITS]
    for attempt in range(MOST_TRIES):
        shares = tuple(
            tuple((a, b) for a, b in every if view.owns(f"pair {attempt} {a} {b}"))
            for view in views
        )
        trained = {part for pair in shares[0] for part in pair}
        if trained == parts and all(len(share) >= LEAST for share in shares):
            return shares
    raise ValueError(f"{len(every)} pairs are too few to be shared by {len(SPLITS)} splits.")
