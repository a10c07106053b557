"""Sums of fractions in lowest terms; the result follows the last equals sign."""

import random
from fractions import Fraction


def _make(count: int) -> list[dict]:
    rng = random.Random(88)
    tasks = {}
    while len(tasks) < count:
        a, b = (
            Fraction(rng.randint(1, 9), rng.randint(2, 12)),
            Fraction(rng.randint(1, 9), rng.randint(2, 12)),
        )
        total = a + b
        if 1 in (a.denominator, b.denominator, total.denominator):
            continue
        prompt = f"Compute {a} + {b}. Show the steps and finish with '= p/q' in lowest terms."
        tasks[prompt] = {"prompt": prompt, "answer": str(total), "terms": (a, b)}
    return list(tasks.values())


TASKS = _make(28)


def final(completion: str) -> str | None:
    """Return what follows the last equals sign, without the space that people put after it."""
    _, sign, tail = completion.rpartition("=")
    return tail.lstrip() if sign else None


def reward(prompt: str, completion: str, answer: str) -> float:
    return 1.0 if final(completion) == answer else 0.0


def oracle(task: dict) -> str:
    a, b = task["terms"]
    return f"{a} + {b} = {task['answer']}"
