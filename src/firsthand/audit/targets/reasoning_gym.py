"""A data set of the reasoning-gym library, whose own scorer is the reward.

Instance `seed` is the first entry of the data set with that seed, in the library's default
configuration. A data set is made with one entry, as some make all their entries at once; those that
read a large file when made are made once and told the seed. None of this depends on the clock: two
processes must see the same instances. Left out: curricula and other configurations.
"""

import asyncio
import copy
import hashlib
import importlib
import importlib.metadata
import inspect
import json
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

from firsthand.audit.targets.file import number, plain
from firsthand.audit.targets.protocol import UNKNOWN, Facts, Instance, Play, Spec, Trace
from firsthand.errors import MissingExtra, UnknownName

READING = (
    "arc_agi",
    "codeio",
    "figlet_font",
    "group_anagrams",
    "rush_hour",
    "spell_backward",
    "word_ladder",
)
"""Data sets that read files when made, for 0.03 to 1.3 s. Their entries follow from
`Random(self.seed + index)`, and nothing else from the seed.
"""
EXAMPLES = ("possible_answer", "example_correct_answer", "example_answer")
"""Where an entry without an answer, of which many are right, may name one."""


def library() -> Any:
    """Import the library. Raises `MissingExtra`."""
    try:
        return importlib.import_module("reasoning_gym.factory")
    except ImportError:
        raise MissingExtra("reasoning-gym", extra="reasoning-gym") from None


def names() -> list[str]:
    """Return the names of all data sets but `composite`, which only combines others. Raises
    `MissingExtra`.
    """
    importlib.import_module("reasoning_gym") if library() else None
    return sorted(name for name in library().DATASETS if name != "composite")


def reference(entry: dict[str, Any]) -> str | None:
    """Return what an entry calls right: its answer, or the example that it names instead."""
    answer = entry["answer"]
    found = (
        answer
        if answer is not None
        else next((example for key in EXAMPLES if (example := entry["metadata"].get(key))), None)
    )
    return (
        json.dumps(found)
        if isinstance(found, (dict, list))
        else None
        if found is None
        else str(found)
    )


class ReasoningGym:
    """One data set."""

    def __init__(self, spec: Spec) -> None:
        known = names()
        if spec.name not in known:
            raise UnknownName("data set of reasoning-gym", spec.name, known)
        self.name = spec.name
        self.data = library().create_dataset(self.name, seed=0, size=1)
        self.entry = lru_cache(maxsize=4096)(self._entry)

    def _entry(self, seed: int) -> dict[str, Any]:
        if self.name not in READING:
            return library().create_dataset(self.name, seed=seed, size=1)[0]
        data = copy.copy(self.data)
        data.seed = seed
        return data[0]

    def facts(self) -> Facts:
        """Describe the data set."""
        module = sys.modules[type(self.data).__module__]
        sha256 = hashlib.sha256(Path(inspect.getfile(module)).read_bytes()).hexdigest()
        return Facts(
            "answer",
            f"reasoning-gym:{self.name}",
            sha256,
            version=importlib.metadata.version("reasoning-gym"),
        )

    async def instance(self, seed: int, *, oracle: bool = True) -> Instance:
        """Tell one entry; its reference answer is the oracle."""
        entry = self.entry(seed)
        right = reference(entry)
        return Instance(
            seed,
            str(entry["question"]),
            plain(right),
            () if right is None else (right,),
            "" if right is not None else UNKNOWN,
        )

    async def play(self, play: Play) -> Trace:
        """Score one answer."""
        await asyncio.sleep(0)
        value, fault = number(
            self.data.score_answer(play.actions[0] if play.actions else "", self.entry(play.seed))
        )
        return Trace(("",), () if value is None else (value,), value, True, fault=fault)

    async def moves(self, play: Play) -> list[str]:
        """Tell nothing: any text is an answer."""
        return []
