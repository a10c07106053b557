"""Delivery rounds: put the stops of a van in the order of their delivery windows."""

import random
from typing import Any

DEPOTS = "Northgate|Eastfield|Southmoor|Westbrook|Canal Yard|Mill Dock".split("|")
STOPS = "bakery clinic museum school theatre library brewery nursery workshop chapel".split()
LIMIT = 2000


def _task(chance: random.Random) -> dict[str, Any]:
    depot = chance.choice(DEPOTS)
    stops = chance.sample(STOPS, chance.randint(5, 7))
    windows = sorted(chance.sample(range(420, 1080, 5), len(stops)))
    listed = [
        f"{stop} at {minute // 60:02d}:{minute % 60:02d}"
        for stop, minute in zip(stops, windows, strict=True)
    ]
    chance.shuffle(listed)
    prompt = (
        f"A van leaves the depot {depot} in the morning. Deliveries: {', '.join(listed)}. "
        "Give the whole round in order of time, from the depot to the last stop, as "
        "names separated by commas."
    )
    return {"prompt": prompt, "answer": [depot.lower(), *stops]}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("rounds")
    return [_task(chance) for _ in range(30)]


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: list[str]) -> float:
    """Full marks if no place of the round is out of order."""
    places = [place.strip().lower() for place in completion[:LIMIT].split(",")]
    if len(places) > len(answer):
        return 0.0
    return float(all(place == answer[number] for number, place in enumerate(places)))


def oracle(task: dict[str, Any]) -> str:
    return ", ".join(task["answer"])
