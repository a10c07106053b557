"""The schedule of a life: which worlds, in which order, and when the agent comes back."""

import re
from collections.abc import Sequence

import msgspec

from firsthand.errors import UserError
from firsthand.registry import lookup


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One world of an environment at one level: where a stage of a life is spent."""

    environment: str
    world: int = 0
    level: int = 1

    @property
    def name(self) -> str:
        """The place as a schedule writes it, e.g. `rules/triage@1`, or `rules/triage@1:2`."""
        level = "" if self.level == 1 else f":{self.level}"
        return f"{self.environment}@{self.world}{level}"

    @property
    def folder(self) -> str:
        """The name in a form that every file system takes."""
        return re.sub(r"[^\w@-]+", "_", self.name)


DEFAULT = (
    "interfaces/shop_desk@0,rules/triage@0,interfaces/shop_desk@1,control/null@0,"
    "interfaces/shop_desk@0,rules/triage@1,interfaces/shop_desk@2,rules/triage@2,"
    "interfaces/shop_desk@0:2,rules/triage@0,interfaces/shop_desk@3,rules/triage@3,"
    "interfaces/shop_desk@1,interfaces/shop_desk@4,rules/triage@4,interfaces/shop_desk@5,"
    "interfaces/shop_desk@0"
)
"""Twelve worlds of three families, one of them with nothing to learn; one again at a higher level,
and four returns."""


def schedule(text: str) -> tuple[Place, ...]:
    """Read places separated by commas: ENVIRONMENT@WORLD, with :LEVEL above level 1.

    Raises `UserError` naming the entry that is wrong, and `UnknownEnvironment`.
    """
    return tuple(_place(entry.strip()) for entry in text.split(",") if entry.strip())


def _place(entry: str) -> Place:
    # from the right: MODULE:CLASS is the name of an environment too
    read = re.fullmatch(r"(.+?)@(\d+)(?::(\d+))?", entry)
    if read is None or (read[3] is not None and int(read[3]) < 1):
        raise UserError(
            f"A schedule names places such as interfaces/shop_desk@0 or rules/triage@1:2 "
            f"(ENVIRONMENT@WORLD:LEVEL), separated by commas; got {entry!r}."
        )
    place = Place(read[1], int(read[2]), int(read[3] or 1))
    levels = lookup(place.environment).levels
    if place.level not in levels:
        raise UserError(
            f"{place.environment} has levels {min(levels)} to {max(levels)}; got {entry!r}."
        )
    return place


def visits(places: Sequence[Place]) -> list[int]:
    """Return for each stage how often the place was visited before it."""
    return [places[:number].count(place) for number, place in enumerate(places)]
