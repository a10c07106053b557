"""Lab results with an uncertainty: a result agrees when the reference lies within the stated
uncertainty."""

import math
import random
import re

RESULT = re.compile(
    r"\s*(\d{1,12}(?:\.\d{1,6})?)\s*(?:±|\+/-)\s*(\d{1,12}(?:\.\d{1,6})?)\s*(?:ohm|Ω)?\s*"
)


def _make(count: int) -> list[dict]:
    rng = random.Random(33)
    tasks = []
    for _ in range(count):
        first, second, third = (
            rng.choice([10, 12, 15, 18, 22, 27, 33, 39, 47, 56, 68, 82]) * rng.choice([1, 10, 100])
            for _ in range(3)
        )
        value = first + second * third / (second + third)
        prompt = (
            f"A {first} ohm resistor is in series with a parallel pair of {second} ohm "
            f"and {third} ohm.\n"
            "What is the total resistance? Reply as 'value ± uncertainty', for example "
            "'120.5 ± 0.5 ohm'."
        )
        tasks.append({"prompt": prompt, "answer": round(value, 3)})
    return tasks


TASKS = _make(26)


def reward(prompt: str, completion: str, answer: float) -> float:
    match = RESULT.fullmatch(completion)
    if match is None:
        return 0.0
    value, uncertainty = float(match[1]), float(match[2])
    if not (math.isfinite(value) and math.isfinite(uncertainty) and uncertainty > 0):
        return 0.0
    return 1.0 if abs(value - answer) <= uncertainty else 0.0


def oracle(task: dict) -> str:
    return f"{task['answer']} ± 0.1 ohm"
