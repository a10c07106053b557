"""Laying tiles in a rectangle: any two sides, both long enough, whose product is the number of
tiles."""

import random
import re
from typing import Any

SIDES = re.compile(r"([0-9]{1,4}) ?[x*×] ?([0-9]{1,4})")
LIMIT = 100


def _task(chance: random.Random, seen: set[int]) -> dict[str, Any]:
    while True:
        one, two = chance.randint(11, 60), chance.randint(11, 60)
        if one * two not in seen:
            seen.add(one * two)
            break
    least = min(one, two) - chance.randint(0, 3)
    prompt = (
        f"{one * two} square tiles are to cover a rectangle without a rest, and each "
        f"side is to be at least {least} tiles long.\n"
        "Reply with two possible sides, such as '12 x 30', in either order."
    )
    return {"prompt": prompt, "answer": [one * two, least], "sides": [one, two]}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("tiles")
    seen: set[int] = set()
    return [_task(chance, seen) for _ in range(32)]


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: list[int]) -> float:
    """Check the product and the least side: there may be several right pairs."""
    sides = SIDES.fullmatch(completion.strip()) if len(completion) <= LIMIT else None
    if sides is None:
        return 0.0
    tiles, least = answer
    one, two = int(sides[1]), int(sides[2])
    return float(one * two == tiles and min(one, two) >= least)


def oracle(task: dict[str, Any]) -> str:
    return "{} x {}".format(*task["sides"])
