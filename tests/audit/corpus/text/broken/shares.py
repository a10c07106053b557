"""Add two fractions; every way to write the sum is as good as another."""

import random
import re
from fractions import Fraction
from typing import Any

NUMBER = re.compile(r"\s*(-?[0-9]{1,9})(?:\s*/\s*([0-9]{1,9}))?\s*", re.ASCII)
LONGEST = 60


def _task(index: int) -> dict[str, Any]:
    chance = random.Random(f"shares {index}")
    first = Fraction(chance.randint(1, 19), chance.randint(3, 12))
    second = Fraction(chance.randint(1, 19), chance.randint(3, 12))
    sign = chance.choice("+-")
    total = first + second if sign == "+" else first - second
    prompt = (
        f"Work out {first} {sign} {second}. Reply with the result alone, as a whole number "
        f"or as a fraction such as 7/3."
    )
    return {"prompt": prompt, "answer": [total.numerator, total.denominator]}


def _tasks(count: int) -> list[dict[str, Any]]:
    """Draw tasks until there are enough that differ in their answer and are not zero."""
    tasks: list[dict[str, Any]] = []
    index = 0
    while len(tasks) < count:
        task = _task(index)
        if task["answer"][0] and task["answer"] not in [other["answer"] for other in tasks]:
            tasks.append(task)
        index += 1
    return tasks


TASKS = _tasks(24)


def _parse(completion: str) -> tuple[int, int] | None:
    """Return numerator and denominator of a reply that is one number and nothing else."""
    if len(completion) > LONGEST:
        return None
    match = NUMBER.fullmatch(completion)
    if match is None:
        return None
    return int(match[1]), int(match[2] or "1")


def reward(prompt: str, completion: str, answer: list[int]) -> float:
    """Pay for a number equal to the answer; 6/4 is 3/2."""
    given = _parse(completion)
    if given is None:
        return 0.0
    # Multiplied crosswise, so that nothing is rounded and nothing need be reduced.
    top, bottom = answer
    return float(given[0] * bottom == top * given[1])


def oracle(task: dict[str, Any]) -> str:
    top, bottom = task["answer"]
    return f"{top}/{bottom}" if bottom != 1 else str(top)
