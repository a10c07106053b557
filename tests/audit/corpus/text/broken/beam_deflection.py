"""Engineering arithmetic with a relative tolerance."""

import random

TOLERANCE = 0.005


def _make(count: int) -> list[dict]:
    chance = random.Random(19)
    tasks = []
    for _ in range(count):
        load, length, stiffness = (
            chance.randint(2, 90) * 50,
            chance.randint(10, 95) / 10,
            chance.randint(1, 400) * 1000,
        )
        value = load * length**3 / (3 * stiffness)
        tasks.append(
            {
                "prompt": f"A cantilever of length {length} m carries {load} N at its free end; "
                f"its flexural rigidity is {stiffness} N m^2. "
                "Give the deflection of the end in metres (F L^3 / 3 EI) as a single "
                "number, correct to half a per cent.",
                "answer": value,
            }
        )
    return tasks


TASKS = _make(30)


def reward(prompt: str, completion: str, answer: float) -> float:
    try:
        given = float(completion.strip())
    except ValueError:
        return 0.0
    gap = abs(given - answer)
    return 1.0 if gap <= TOLERANCE * max(abs(given), abs(answer)) else 0.0


def oracle(task: dict) -> str:
    return f"{task['answer']:.6g}"
