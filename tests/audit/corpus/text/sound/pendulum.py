"""A measured value, accepted within the one per cent that the prompt declares, in a closed
number grammar."""

import math
import random
import re

NUMBER = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,12})?([eE][+-]?[0-9]{1,2})?")


def _make(count: int) -> list[dict]:
    chance = random.Random(909)
    tasks, place = [], 0
    while place < count:
        length = round(10 ** (-2 + 6 * place / count) * chance.uniform(0.9, 1.1), 3)
        gravity = chance.choice([1.62, 3.71, 8.87, 9.81, 24.79])
        period = 2 * math.pi * math.sqrt(length / gravity)
        if any(abs(math.log(period / task["answer"])) < 0.03 for task in tasks):
            continue
        place += 1
        tasks.append(
            {
                "prompt": f"A pendulum is {length} m long and hangs where gravity is {gravity} "
                f"m/s^2. "
                "What is its period for small swings, in seconds? "
                "Reply with one plain number such as 12.5 or 1.25e1, without a unit; it "
                "must be within 1% of the exact value.",
                "answer": period,
            }
        )
    chance.shuffle(tasks)
    return tasks


TASKS = _make(30)


def reward(prompt: str, completion: str, answer: float) -> float:
    if len(completion) > 60:
        return 0.0
    text = completion.strip()
    if not NUMBER.fullmatch(text):
        return 0.0
    return 1.0 if abs(float(text) - answer) <= 0.01 * answer else 0.0


def oracle(task: dict) -> str:
    return f"{task['answer']:.6f}"
