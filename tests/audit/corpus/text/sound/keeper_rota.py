"""Who kept the light on a given night? The name stands in the log, among others."""

import random
import re
from typing import Any

NAMES = (
    "Abel Brona Cato Delia Edmund Freya Gustav Hetty Ivor Jonna Kester Lorna Magnus Nessa "
    "Osric Petra Quill Rhona Sander Thora"
).split()
NIGHTS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
NAME = re.compile(r"([A-Za-z]{2,12})\.?")
LIMIT = 100


def _task(chance: random.Random, week: int, asked: str, place: int) -> dict[str, Any]:
    nights = chance.sample(NIGHTS, 6)
    others = chance.sample([name for name in NAMES if name != asked], 5)
    rota = [*others[:place], asked, *others[place:]]
    lines = [f"{name} had the light on {night}." for night, name in zip(nights, rota, strict=True)]
    # One change of watch, which never touches the night in question.
    moved = chance.choice([night for night in nights if night != nights[place]])
    lines.append(
        f"The watch of {moved} was later given to "
        f"{chance.choice([name for name in NAMES if name not in rota])}."
    )
    question = (
        f"Who kept the light on {nights[place]} in the end? Reply with one name from the "
        f"log, and nothing else."
    )
    prompt = f"Log of week {week}. {' '.join(lines)}\n{question}"
    return {"prompt": prompt, "answer": asked}


def _moved(task: dict[str, Any]) -> dict[str, Any]:
    """Ask for the night that changed hands, so that the first name beside a night is not always
    right.
    """
    night, name = re.findall(r"The watch of (\w+) was later given to (\w+)\.", task["prompt"])[0]
    prompt = re.sub(
        r"the light on \w+ in the end", f"the light on {night} in the end", task["prompt"]
    )
    return {"prompt": prompt, "answer": name}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("lighthouse")
    asked = NAMES + chance.sample(NAMES, 10)
    places = [*range(6)] * 5
    chance.shuffle(places)
    changed = set(chance.sample(range(30), 5))
    plain = [
        _task(chance, week, name, place)
        for week, (name, place) in enumerate(zip(asked, places, strict=True), 1)
    ]
    return [_moved(task) if week in changed else task for week, task in enumerate(plain)]


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: str) -> float:
    name = NAME.fullmatch(completion.strip()) if len(completion) <= LIMIT else None
    return float(name is not None and name[1].lower() == answer.lower())


def oracle(task: dict[str, Any]) -> str:
    return task["answer"]
