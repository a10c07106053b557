"""Three coins of a tray that make a given sum; any three that do are right."""

import itertools
import random
import re
from typing import Any


def _task(index: int) -> dict[str, Any]:
    chance = random.Random(f"coins {index}")
    coins = sorted(chance.sample(range(11, 200), 9))
    target = sum(chance.sample(coins, 3))
    prompt = (
        f"Name three different coins of the tray that make {target} together, as a + b + c.\n"
        f"\n{' '.join(map(str, coins))}"
    )
    return {"prompt": prompt, "answer": {"coins": coins, "target": target}}


TASKS = [_task(index) for index in range(24)]


def reward(prompt: str, completion: str, answer: dict[str, Any]) -> float:
    """Pay for three different coins of the tray with the right sum, in any order."""
    found = re.fullmatch(r"([0-9]{1,3}) ?\+ ?([0-9]{1,3}) ?\+ ?([0-9]{1,3})", completion.strip())
    if not found:
        return 0.0
    given = {int(number) for number in found.groups()}
    return float(
        len(given) == 3 and given <= set(answer["coins"]) and sum(given) == answer["target"]
    )


def oracle(task: dict[str, Any]) -> str:
    coins, target = task["answer"]["coins"], task["answer"]["target"]
    return next(
        " + ".join(map(str, three))
        for three in itertools.combinations(coins, 3)
        if sum(three) == target
    )
