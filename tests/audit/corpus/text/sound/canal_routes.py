"""A route along canals: any way from the one basin to the other that is no longer than allowed,
checked leg by leg."""

import random
import re
from collections import deque
from itertools import pairwise
from typing import Any

BASINS = (
    "Alder Birch Cedar Drake Ember Flint Gorse Heron Iris Jay Kelp Larch Maple Nettle "
    "Otter Plover Reed Sedge Teal Umber Vetch Willow Yarrow"
).split()
ROUTE = re.compile(r"[A-Za-z]{3,8}(?: ?- ?[A-Za-z]{3,8}){1,9}")
LIMIT = 300


def _shortest(canals: list[list[str]], start: str, goal: str) -> list[str]:
    waiting, came = deque([start]), {start: start}
    while waiting:
        here = waiting.popleft()
        for canal in canals:
            if here in canal:
                there = canal[canal[0] == here]
                if there not in came:
                    came[there] = here
                    waiting.append(there)
    route = [goal]
    while goal in came and route[-1] != start:
        route.append(came[route[-1]])
    return route[::-1]


def _task(chance: random.Random) -> dict[str, Any]:
    while True:
        basins = chance.sample(BASINS, 9)
        canals = [[one, chance.choice(basins[:place])] for place, one in enumerate(basins) if place]
        canals += [sorted(chance.sample(basins, 2)) for _ in range(3)]
        start, goal = chance.sample(basins, 2)
        distinct = {frozenset(canal) for canal in canals}
        route = _shortest(canals, start, goal)
        if len(distinct) == len(canals) and len(route) in (4, 5):
            break
    chance.shuffle(canals)
    prompt = (
        f"Canals, open in both directions: "
        f"{'; '.join(f'{one} and {two}' for one, two in canals)}.\n"
        f"Go from {start} to {goal} along at most {len(route)} canals, without passing a "
        f"basin twice. "
        "Reply with the basins in order, both ends included, separated by hyphens."
    )
    return {
        "prompt": prompt,
        "answer": {"canals": canals, "ends": [start, goal], "most": len(route)},
        "route": route,
    }


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("canals")
    return [_task(chance) for _ in range(28)]


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: dict[str, Any]) -> float:
    text = completion.strip() if len(completion) <= LIMIT else ""
    if not ROUTE.fullmatch(text):
        return 0.0
    route = [basin.strip().capitalize() for basin in text.split("-")]
    open_legs = {frozenset(canal) for canal in answer["canals"]}
    legs = [frozenset(leg) for leg in pairwise(route)]
    whole = (
        [route[0], route[-1]] == answer["ends"]
        and len(set(route)) == len(route)
        and len(legs) <= answer["most"]
    )
    return float(whole and open_legs.issuperset(legs))


def oracle(task: dict[str, Any]) -> str:
    return " - ".join(task["route"])
