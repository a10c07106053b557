"""Admission desk: three readings and a fixed rule decide on the ward."""

import random
from typing import Any

WARDS = ("acute", "observation", "home")
PER_WARD = 12
FIRST_SHEET = 4101


def _ward(age: int, pulse: int, saturation: int) -> str:
    points = (
        (age >= 70)
        + 2 * (pulse >= 120)
        + (pulse >= 100)
        + 2 * (saturation < 90)
        + (saturation < 94)
    )
    return "acute" if points >= 4 else "observation" if points >= 2 else "home"


def _readings(ward: str, chance: random.Random) -> tuple[int, int, int]:
    while True:
        readings = chance.randint(18, 95), chance.randint(55, 145), chance.randint(84, 99)
        if _ward(*readings) == ward:
            return readings


def _prompt(sheet: int, age: int, pulse: int, saturation: int) -> str:
    return (
        f"Admission sheet {sheet}. Age {age}, pulse {pulse}, oxygen saturation {saturation}.\n"
        "Points: 1 for an age of 70 or more, 1 for a pulse of 100 or more and 2 on top "
        "from 120, 1 for a saturation under 94 and 2 on top under 90. "
        "From 4 points: acute. From 2 points: observation. Otherwise: home.\nReply with "
        "the ward alone: acute, observation or home."
    )


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("admissions")
    wards = [ward for ward in WARDS for _ in range(PER_WARD)]
    sheets = enumerate(wards, start=FIRST_SHEET)
    tasks = [
        {"prompt": _prompt(sheet, *_readings(ward, chance)), "answer": ward}
        for sheet, ward in sheets
    ]
    chance.shuffle(tasks)
    return tasks


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: str) -> float:
    return float(completion.strip().lower() == answer)


def oracle(task: dict[str, Any]) -> str:
    return task["answer"]
