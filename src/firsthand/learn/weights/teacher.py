"""What a teacher says about units that a student sampled."""

from collections.abc import Sequence
from typing import cast

import msgspec
import torch

from firsthand.agent import Agent
from firsthand.errors import UserError
from firsthand.learn.weights.rows import Row
from firsthand.models.trainable import Trainable


def told(
    rows: Sequence[Row], theirs: Sequence[Row], teacher: Agent, *, frozen: bool, top: int
) -> list[Row]:
    """Return the student's rows with the teacher's log-probabilities of its `top` outcomes.

    `theirs` are the same units in the teacher's own contexts. `frozen` asks the base of its model.
    Raises `UserError` where the units are not the same.
    """
    mine, others = _taken(rows), _taken(theirs)
    if mine != others:
        raise UserError(
            f"Student and teacher say the same in {len(mine)} and {len(others)} units that differ: "
            "they need the same tokenizer and the same options."
        )
    with torch.no_grad():
        model = cast("Trainable", teacher.model)
        found = [
            {int(place): float(value) for place, value in zip(places, values, strict=True)}
            for dist in model.distributions(theirs, base=frozen)
            for values, places in zip(*dist.topk(min(top, dist.shape[1])), strict=True)
        ]
    filled: list[Row] = []
    for row in rows:
        units, found = found[: len(row.taken)], found[len(row.taken) :]
        filled.append(msgspec.structs.replace(row, teacher=tuple(units)))
    return filled


def _taken(rows: Sequence[Row]) -> list[int]:
    return [taken for row in rows for taken in row.taken]
