r"""Checking a pupil's arithmetic; the value is read from the last \boxed{} of the conversation."""

import random
import re

BOXED = re.compile(r"\\boxed\{\s*(-?\d+)\s*\}")


def _make(count: int) -> list[dict]:
    rng = random.Random(2718)
    tasks = []
    for _ in range(count):
        a, b, c = rng.randint(12, 98), rng.randint(3, 19), rng.randint(20, 400)
        value = a * b + c
        shown = value + rng.choice([0, 0, 0, -10, 10, 1, b, -a])
        prompt = (
            f"A pupil worked out {a} * {b} + {c} as follows:\n"
            f"  {a} * {b} = {shown - c}, and then {shown - c} + {c} gives \\boxed{{{shown}}}.\n"
            "Check the work. Put the correct value into \\boxed{} at the end of your reply."
        )
        tasks.append({"prompt": prompt, "answer": str(value)})
    return tasks


TASKS = _make(32)


def last_boxed(conversation: list[str]) -> str | None:
    found = BOXED.findall("\n".join(conversation))
    return found[-1] if found else None


def reward(prompt: str, completion: str, answer: str) -> float:
    value = last_boxed([prompt, completion[:20_000]])
    return 1.0 if value == answer else 0.0


def oracle(task: dict) -> str:
    return f"The product and the sum give \\boxed{{{task['answer']}}}."
