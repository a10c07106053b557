"""How much cable is left? A quantity with its unit, in any unit of length, within half a
percent."""

import random
import re
from decimal import Decimal
from typing import Any

METRES = {"mm": Decimal("0.001"), "cm": Decimal("0.01"), "m": Decimal(1), "km": Decimal(1000)}
QUANTITY = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?(mm|cm|m|km)")
TOLERANCE = Decimal("0.005")
LIMIT = 200


def _task(chance: random.Random) -> dict[str, Any]:
    drum = chance.randint(400, 4000)
    pieces, piece = chance.randint(3, 9), chance.randint(1500, 3500)
    left = Decimal(drum) - Decimal(pieces * piece) / 100
    prompt = (
        f"A drum holds {Decimal(drum) / 1000} km of cable. {pieces} pieces of {piece} cm "
        f"each are cut off. How long is the rest? "
        "Reply with one number and its unit (mm, cm, m or km), for example `12.5 m`; "
        "half a percent of deviation is accepted."
    )
    return {"prompt": prompt, "answer": str(left)}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("cable")
    return [_task(chance) for _ in range(32)]


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: str) -> float:
    """Full marks within half a percent of the right length, whatever the unit."""
    quantity = QUANTITY.fullmatch(completion.strip()) if len(completion) <= LIMIT else None
    if not quantity:
        return 0.0
    length, expected = Decimal(quantity[1]) * METRES[quantity[2]], Decimal(answer)
    return float(abs(length - expected) <= TOLERANCE * expected)


def oracle(task: dict[str, Any]) -> str:
    return f"{task['answer']} m"
