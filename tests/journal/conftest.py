from collections.abc import Callable

import msgspec
import pytest

from firsthand.environment import Action, Observation
from firsthand.episode import Episode, Stop, Turn
from firsthand.task import Task


@pytest.fixture
def episode() -> Callable[..., Episode]:
    """Make a short episode; every field can be replaced."""

    def make(id: str, **changes: object) -> Episode:
        turn = Turn(Observation("Round 1: amber birch"), Action("amber"), 1.0)
        task = Task("control/null", 1)
        whole = Episode(
            id,
            task,
            "scripted:random#1",
            (turn,),
            Observation("The round is over.", done=True),
            1.0,
            {"lucky": True},
            Stop.DONE,
        )
        return msgspec.structs.replace(whole, **changes)

    return make
