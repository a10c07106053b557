"""What comes of moving a place's lessons into weights, and how it is decided."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from firsthand.playbook import Lesson, Playbook


class Moved(NamedTuple):
    """What came of moving a place's lessons into weights."""

    out_of_prompt: bool = False
    said: str = ""
    plays: int = 0


LOSS = 0.1
"""Score that new weights may lose in an earlier place, on average over its gate tasks, and that the
place itself may lose without its lessons, by the lower end of the interval."""


def retired(lessons: Sequence[Lesson]) -> tuple[Lesson, ...]:
    """Return the lessons, none of them in use."""
    return tuple(msgspec.structs.replace(lesson, state="retired") for lesson in lessons)


def teaching(known: Playbook, ids: Sequence[str]) -> Playbook:
    """Return lessons of a playbook as they are taught: in use again."""
    found = [known.by_id[id] for id in ids if id in known.by_id]
    return Playbook(0, tuple(msgspec.structs.replace(own, state="core") for own in found))
