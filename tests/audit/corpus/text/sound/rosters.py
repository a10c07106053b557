"""Make three changes in a duty roster and return it whole; only the changes are worth anything."""

import random
from typing import Any

NAMES = (
    "Ada",
    "Ben",
    "Cleo",
    "Dora",
    "Egon",
    "Fay",
    "Gus",
    "Hal",
    "Ida",
    "Jon",
    "Kit",
    "Lou",
    "Mia",
    "Ned",
)
ROWS = 9
CHANGES = 3
LONGEST = 2000


def _text(hours: dict[str, int]) -> str:
    return "\n".join(f"{name}: {count} h" for name, count in hours.items())


def _task(index: int) -> dict[str, Any]:
    chance = random.Random(f"rosters {index}")
    names = chance.sample(NAMES, ROWS)
    before = {name: chance.randint(4, 38) for name in names}
    after = dict(before)
    orders = []
    for name in chance.sample(names, CHANGES):
        by = chance.randint(3, 29)
        after[name] += by
        orders.append(f"{name} works {by} h more")
    prompt = (
        f"Change this roster: {', '.join(orders)}. Return the whole roster and nothing "
        f"else.\n\n{_text(before)}"
    )
    return {"prompt": prompt, "answer": {"before": _text(before), "after": _text(after)}}


TASKS = [_task(index) for index in range(20)]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


def reward(prompt: str, completion: str, answer: dict[str, str]) -> float:
    """Pay for all changes, half as much for a part of them, and nothing once a line suffers that
    had to stay.
    """
    if len(completion) > LONGEST:
        return 0.0
    before, after, given = _lines(answer["before"]), _lines(answer["after"]), _lines(completion)
    if len(given) != len(after):
        return 0.0
    made = 0
    for old, new, line in zip(before, after, given, strict=True):
        if old == new and line != new:
            return 0.0
        made += old != new and line == new
    return 1.0 if made == CHANGES else 0.5 * made / CHANGES


def oracle(task: dict[str, Any]) -> str:
    return task["answer"]["after"]
