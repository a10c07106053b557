"""Mean of a handful of sensor readings, to the nearest hundredth."""

import random
import re

LINE = re.compile(r"mean\s*[:=]\s*(\S+)", re.IGNORECASE)


def _make(count: int) -> list[dict]:
    rng = random.Random(451)
    tasks = []
    for number in range(count):
        base = rng.randint(-20, 300)
        values = [round(base + rng.uniform(-4, 4), 1) for _ in range(rng.randint(4, 7))]
        prompt = (
            f"Sensor {chr(65 + number % 26)}{number} reported "
            f"{', '.join(map(str, values))}.\nFinish with a line 'Mean: <value>', rounded to "
            f"two decimals."
        )
        tasks.append({"prompt": prompt, "answer": round(sum(values) / len(values), 2)})
    return tasks


TASKS = _make(32)


def reward(prompt: str, completion: str, answer: float) -> float:
    found = LINE.findall(completion)
    if len(found) != 1:
        return 0.0
    try:
        value = float(found[0])
    except ValueError:
        return 0.0
    if abs(value - answer) > 0.0101:
        return 0.0
    return 1.0


def oracle(task: dict) -> str:
    return f"Adding them up and dividing:\nMean: {task['answer']}"
