"""A data set of the reasoning-gym library, whose own scorer is the reward.

Instance `seed` is the first entry of the data set with that seed, in the library's default configuration, or entry number `seed` of
one large data set where making a data set takes long. Left out: curricula and other configurations.
"""

import asyncio
import hashlib
import importlib
import importlib.metadata
import inspect
import sys
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from firsthand.audit.target import UNKNOWN, Facts, Instance, Play, Spec, Trace
from firsthand.audit.targets.file import number, plain
from firsthand.errors import MissingExtra, UnknownName

SIZE = 10**6
"""Entries of a large data set."""
SLOW = 0.03
"""Seconds that making a data set may take if one is made for every instance."""


def library() -> Any:
    """Import the library. Raises `MissingExtra`."""
    try:
        return importlib.import_module("reasoning_gym.factory")
    except ImportError:
        raise MissingExtra("reasoning-gym", extra="worlds") from None


def names() -> list[str]:
    """Return the names of all data sets but `composite`, which only combines others. Raises `MissingExtra`."""
    importlib.import_module("reasoning_gym") if library() else None
    return sorted(name for name in library().DATASETS if name != "composite")


class ReasoningGym:
    """One data set."""

    def __init__(self, spec: Spec) -> None:
        known = names()
        if spec.name not in known:
            raise UnknownName("data set of reasoning-gym", spec.name, known)
        self.name = spec.name
        self.entry = lru_cache(maxsize=4096)(self._entry)
        self.data, one = self._made(1)
        _, three = self._made(3)
        self.large = one > SLOW and three < 1.5 * one  # some make all entries at once: of these no large one is asked for
        if self.large:
            self.data, _ = self._made(SIZE)

    def _made(self, size: int) -> tuple[Any, float]:
        started = time.perf_counter()
        data = library().create_dataset(self.name, seed=0, size=size)
        return data, time.perf_counter() - started

    def _entry(self, seed: int) -> dict[str, Any]:
        return self.data[seed] if self.large else library().create_dataset(self.name, seed=seed, size=1)[0]

    def facts(self) -> Facts:
        """Describe the data set."""
        module = sys.modules[type(self.data).__module__]
        sha256 = hashlib.sha256(Path(inspect.getfile(module)).read_bytes()).hexdigest()
        return Facts("answer", f"reasoning-gym:{self.name}", sha256, version=importlib.metadata.version("reasoning-gym"))

    async def instance(self, seed: int, *, oracle: bool = True) -> Instance:
        """Tell one entry; its reference answer is the oracle."""
        entry = self.entry(seed)
        answer = entry["answer"]
        return Instance(seed, str(entry["question"]), plain(answer), () if answer is None else (str(answer),), "" if answer is not None else UNKNOWN)

    async def play(self, play: Play) -> Trace:
        """Score one answer."""
        await asyncio.sleep(0)
        value, fault = number(self.data.score_answer(play.actions[0] if play.actions else "", self.entry(play.seed)))
        return Trace(("",), () if value is None else (value,), value, True, fault=fault)

    async def moves(self, play: Play) -> list[str]:
        """Tell nothing: any text is an answer."""
        return []
