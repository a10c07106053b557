"""One edit of a right answer, and what an edit may draw on."""

import random
from collections.abc import Sequence

import msgspec

from firsthand.audit.formats.answers import located, slot
from firsthand.audit.targets.protocol import Instance

SEPARATORS = (", ", ",", "; ", ";", " -> ", " | ", "\n", " ")
"""What may stand between the items of an answer; the first that occurs is taken."""


class Edit(msgspec.Struct, frozen=True):
    """A wrong answer. `ignored` says what the reward does not depend on, should it be paid."""

    operator: str
    body: str
    ignored: str
    close: bool = False
    """Whether it differs from the right answer in case or punctuation alone, on purpose."""


class Source(msgspec.Struct, frozen=True):
    """What edits of one instance's answer are made from."""

    instance: Instance
    pool: Sequence[Instance]
    """All instances, for values that other answers have."""
    rng: random.Random

    @property
    def body(self) -> str:
        """The right answer as the oracle writes it."""
        return slot(self.instance).body

    @property
    def located(self) -> bool:
        """Whether the reference answer was found in the oracle's text."""
        return located(self.instance)

    @property
    def composite(self) -> bool:
        """Whether the reference answer has several values that all belong to the answer."""
        return isinstance(self.instance.answer, (list, dict))

    def others(self, n: int) -> list[Instance]:
        """Return up to `n` other instances."""
        others = [other for other in self.pool if other.seed != self.instance.seed]
        return self.rng.sample(others, min(n, len(others)))


def separator_of(body: str) -> str | None:
    """Return what stands between the items of an answer, else None."""
    return next((separator for separator in SEPARATORS if separator in body), None)
