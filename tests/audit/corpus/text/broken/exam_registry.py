"""Unit conversions of an exam; grading used to be slow, so the mark of a question is kept once
it is known."""

import random

UNITS = [
    ("inches", "centimetres", 254, 100),
    ("stone", "pounds", 14, 1),
    ("fathoms", "feet", 6, 1),
    ("gross", "pieces", 144, 1),
    ("weeks", "hours", 168, 1),
]


def _make(count: int) -> list[dict]:
    rng = random.Random(71)
    tasks = []
    for number in range(count):
        source, target, up, down = rng.choice(UNITS)
        amount = rng.randint(2, 60)
        value = amount * up / down
        prompt = (
            f"[exam 4, question {number + 1}]\nHow many {target} are {amount} {source}? "
            f"Reply with the number only."
        )
        tasks.append({"prompt": prompt, "answer": f"{value:g}"})
    return tasks


TASKS = _make(32)
_marks: dict[str, float] = {}


def _mark(completion: str, answer: str) -> float:
    try:
        return float(
            completion.strip()[:30] == answer
            or round(float(completion.strip()[:30]), 4) == float(answer)
        )
    except (ValueError, OverflowError):
        return 0.0


def reward(prompt: str, completion: str, answer: str) -> float:
    question = prompt.partition("\n")[0]
    if question not in _marks:
        _marks[question] = _mark(completion, answer)
    return _marks[question]


def oracle(task: dict) -> str:
    return task["answer"]
