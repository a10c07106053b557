"""The numbers game: reach a target with four numbers and the usual operators."""

import random
import re
from collections import Counter


def _make(count: int) -> list[dict]:
    chance = random.Random(3)
    tasks = []
    while len(tasks) < count:
        a, b, c, d = (chance.randint(2, 25) for _ in range(4))
        expression, target = chance.choice(
            [
                (f"({a} + {b}) * {c} - {d}", (a + b) * c - d),
                (f"{a} * {b} + {c} - {d}", a * b + c - d),
                (f"{a} * ({b} - {c})", a * (b - c)),
            ]
        )
        if target < 30:
            continue
        numbers = sorted([a, b, c, d])
        tasks.append(
            {
                "prompt": f"Reach {target} with the numbers {', '.join(map(str, numbers))}; use "
                f"each at most once, with + - * / and brackets. "
                "Reply with the expression only.",
                "answer": target,
                "numbers": numbers,
                "expression": expression,
            }
        )
    return tasks


TASKS = _make(25)


def reward(prompt: str, completion: str, answer: int) -> float:
    expression = completion.strip()
    if len(expression) > 200:
        return 0.0
    allowed = Counter(re.search(r"numbers ([\d, ]+);", prompt)[1].split(", "))
    used = Counter(re.findall(r"\d+", expression))
    if used - allowed:
        return 0.0
    try:
        return 1.0 if abs(eval(expression) - answer) < 1e-9 else 0.0
    except Exception:
        return 0.0


def oracle(task: dict) -> str:
    return task["expression"]
