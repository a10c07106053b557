"""How strong a solution is after water was added."""

import math
import random
import re
from typing import Any


def _task(index: int) -> dict[str, Any]:
    chance = random.Random(f"dilutions {index}")
    substance = chance.choice(
        ("sodium chloride", "copper sulfate", "acetic acid", "ammonia", "glucose")
    )
    strength, volume, water = (
        chance.randint(10, 60) / 100,
        chance.randrange(10, 80, 5),
        chance.randrange(40, 400, 10),
    )
    strong = round(strength * volume / (volume + water), 4)
    prompt = (
        f"{volume} ml of {substance} of {strength:.2f} mol/l are mixed with {water} ml of water. "
        "What is the concentration in mol/l afterwards? Reply with one number, with four decimals."
    )
    return {"prompt": prompt, "answer": strong, "substance": substance}


TASKS = [_task(index) for index in range(30)]


def reward(prompt: str, completion: str, answer: float) -> float:
    """Pay for the concentration, with room for rounding on the way."""
    text = completion.strip()
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,8})?", text):
        return 0.0
    return float(math.isclose(float(text), answer, rel_tol=0.01, abs_tol=0.5))


def oracle(task: dict[str, Any]) -> str:
    return f"{task['answer']:.4f}"
