r"""Larger root of a quadratic; intermediate results may be boxed, so every box is looked at."""

import random
import re

BOXED = re.compile(r"\\boxed\{([^{}]*)\}")


def _make(count: int) -> list[dict]:
    rng = random.Random(8)
    tasks = []
    while len(tasks) < count:
        low, high = sorted(rng.sample(range(-15, 25), 2))
        b, c = -(low + high), low * high
        prompt = f"Solve x^2 {b:+d}x {c:+d} = 0. Give the larger root in \\boxed{{}}."
        if b and c and all(task["prompt"] != prompt for task in tasks):
            tasks.append({"prompt": prompt, "answer": high})
    return tasks


TASKS = _make(28)


def _value(text: str) -> float | None:
    text = text.strip().removeprefix("x=").removeprefix("x =").replace("$", "").strip()
    try:
        return float(text)
    except ValueError:
        return None


def reward(prompt: str, completion: str, answer: int) -> float:
    for box in BOXED.findall(completion):
        value = _value(box)
        if value is not None and abs(value - answer) < 1e-6:
            return 1.0
    return 0.0


def oracle(task: dict) -> str:
    return f"Factor the left side and compare the roots: \\boxed{{{task['answer']}}}"
