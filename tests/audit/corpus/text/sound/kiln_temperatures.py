"""Mean temperature of a kiln in degrees Celsius, from readings in Fahrenheit; a tenth of a
degree of deviation is accepted."""

import random
import re
from decimal import Decimal
from typing import Any

READING = re.compile(r"(-?[0-9]{1,5}(?:\.[0-9]{1,6})?)(?: ?°C)?")
TOLERANCE = Decimal("0.1")
LIMIT = 200


def _task(chance: random.Random, kiln: int) -> dict[str, Any]:
    base = chance.randint(-40, 1900)
    readings = [base + chance.randint(-25, 25) for _ in range(chance.randint(3, 5))]
    mean = Decimal(sum(readings)) / len(readings)
    celsius = ((mean - 32) * 5 / 9).quantize(Decimal("0.001"))
    prompt = (
        f"Kiln {kiln} was read at {', '.join(map(str, readings))} °F. What is the mean "
        f"in degrees Celsius?\n"
        "Reply with one decimal number, with or without °C after it; a tenth of a degree "
        "of deviation is accepted."
    )
    return {"prompt": prompt, "answer": str(celsius)}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("kiln")
    return [_task(chance, number) for number in range(1, 31)]


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: str) -> float:
    """Compare as decimals: the pattern admits neither nan nor exponents."""
    reading = READING.fullmatch(completion.strip()) if len(completion) <= LIMIT else None
    if reading is None:
        return 0.0
    return float(abs(Decimal(reading[1]) - Decimal(answer)) <= TOLERANCE)


def oracle(task: dict[str, Any]) -> str:
    return f"{task['answer']} °C"
