"""The pressure of a gas after it was squeezed and warmed."""

import random
import re
from decimal import Decimal
from typing import Any

ROOM = Decimal("0.005")


def _task(index: int) -> dict[str, Any]:
    chance = random.Random(f"gauges {index}")
    pressure, before, after = (
        chance.randint(95, 400),
        chance.randrange(20, 90, 2),
        chance.randrange(5, 60),
    )
    cold, warm = chance.randint(250, 300), chance.randint(301, 420)
    result = pressure * before * warm / (after * cold)
    prompt = (
        f"A cylinder holds {before} l of gas at {pressure} kPa and {cold} K. It is "
        f"brought to {after} l and {warm} K. "
        "What is the pressure in kPa? Reply with one decimal number; an error of half a "
        "percent is allowed."
    )
    return {"prompt": prompt, "answer": f"{result:.4f}"}


TASKS = [_task(index) for index in range(36)]


def reward(prompt: str, completion: str, answer: str) -> float:
    """Pay for a plain number within half a percent of the pressure."""
    text = completion.strip()
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,9})?", text):
        return 0.0
    right = Decimal(answer)
    return float(abs(Decimal(text) - right) <= ROOM * right)


def oracle(task: dict[str, Any]) -> str:
    return task["answer"]
