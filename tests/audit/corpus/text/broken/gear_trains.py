"""How fast the last wheel of a train of gears turns."""

import random
import re
from typing import Any

TEETH = (10, 12, 15, 20, 24, 30, 40, 60)


def _task(index: int) -> dict[str, Any]:
    chance = random.Random(f"gear trains {index}")
    while True:
        pairs = [chance.sample(TEETH, 2) for _ in range(chance.choice((2, 3)))]
        speed = chance.randrange(60, 601, 12)
        for driving, driven in pairs:
            speed, rest = divmod(speed * driving, driven)
            if rest:
                break
        else:
            if 5 <= speed <= 999:
                break
    first = speed
    for driving, driven in reversed(pairs):
        first = first * driven // driving
    steps = "\n".join(
        f"pair {place}: {driving} teeth drive {driven} teeth"
        for place, (driving, driven) in enumerate(pairs, 1)
    )
    prompt = (
        f"The first shaft makes {first} turns a minute.\n\n{steps}\n\nHow many turns a "
        f"minute does the last shaft make?"
    )
    return {"prompt": prompt, "answer": speed}


TASKS = [_task(index) for index in range(40)]


def reward(prompt: str, completion: str, answer: int) -> float:
    """Pay for the right speed, with or without a sentence around it."""
    numbers = re.findall(r"(?<![\d.])\d{1,9}(?![\d.])", completion)
    return float(str(answer) in numbers)


def oracle(task: dict[str, Any]) -> str:
    return f"The last shaft makes {task['answer']} turns a minute"
