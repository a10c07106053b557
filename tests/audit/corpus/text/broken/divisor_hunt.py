"""Three divisors of a number, in any order: a third of the reward for each one that divides."""

import random
import re

NEEDED = 3


def _make(count: int) -> list[dict]:
    rng = random.Random(360)
    tasks = []
    for value in rng.sample(range(60, 2000), 400):
        divisors = [d for d in range(2, value) if value % d == 0]
        if len(divisors) >= NEEDED and min(divisors) > 2:
            tasks.append(
                {
                    "prompt": f"Name {NEEDED} different divisors of {value}, other than 1 and "
                    f"{value} itself.",
                    "answer": value,
                    "divisors": divisors,
                }
            )
    return tasks[:count]


TASKS = _make(28)


def reward(prompt: str, completion: str, answer: int) -> float:
    named = [int(text) for text in re.findall(r"(?<![\d.-])\d{1,6}(?![\d.])", completion)]
    good = sum(1 for number in named if 1 < number < answer and answer % number == 0)
    bad = len(named) - good
    return max(0.0, (good - bad) / NEEDED)


def oracle(task: dict) -> str:
    return ", ".join(map(str, task["divisors"][:NEEDED]))
