"""Task: everything needed to rebuild one instance, bit for bit, and the random streams it owns.

All randomness in an environment comes from `task.rng(stream)`. A stream is keyed by hashing the
task with BLAKE2, so no draw depends on the clock, the hash seed, set order or another stream.
"""

import hashlib
import random
from typing import Literal, get_args

import msgspec

from firsthand.errors import InvalidTask

Split = Literal["train", "gate", "eval"]
SPLITS: tuple[Split, ...] = get_args(Split)

_SHARE = {"train": range(0, 8), "gate": range(8, 12), "eval": range(12, 16)}
"""Which sixteenths of the instance space belong to each split: half, a quarter, a quarter."""


class Task(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Name one instance of one environment.

    `world` seeds the hidden laws that hold across episodes; `seed` the instance inside that world;
    `version` is the environment's, so that a changed generator makes different tasks.
    """

    environment: str
    seed: int
    world: int = 0
    level: int = 1
    split: Split = "train"
    version: str = "1"

    @property
    def id(self) -> str:
        """The task in one line, e.g. `interfaces/shop_desk@1/w0/l1/eval/17`."""
        versioned = f"{self.environment}@{self.version}"
        return f"{versioned}/w{self.world}/l{self.level}/{self.split}/{self.seed}"

    def rng(self, stream: str) -> random.Random:
        """Return a fresh generator for `stream`.

        The stream `"world"` depends on environment, version and world only, so that it is the same
        for every seed, level and split of a world. All other streams depend on the whole task.
        """
        key = f"{self.environment}@{self.version}/w{self.world}" if stream == "world" else self.id
        return random.Random(digest(f"{key}#{stream}"))

    def owns(self, instance: str) -> bool:
        """Say whether an instance with this content belongs to the task's split.

        A generator draws until its instance is owned. Splits then share no instance by
        construction: the content decides the split, half of all contents being train, a quarter
        gate, a quarter eval.
        """
        return (
            digest(f"{self.environment}@{self.version}/w{self.world}#{instance}") % 16
            in _SHARE[self.split]
        )


def digest(text: str) -> int:
    """Hash text to a 128-bit integer, the same in every process."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "big")


def fingerprint(text: str, *, length: int = 12) -> str:
    """Hash text to a short hexadecimal name."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()[:length]


def check_split(split: str) -> Split:
    """Return `split` if it is one. Raises `InvalidTask`."""
    if split not in SPLITS:
        raise InvalidTask(f"No split is named {split!r}: expected one of {', '.join(SPLITS)}.")
    return split
