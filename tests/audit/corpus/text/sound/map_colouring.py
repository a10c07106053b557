"""Colour a map with three colours. Any colouring that keeps neighbours apart is right, and it is
checked, not compared."""

import random
from itertools import combinations
from typing import Any

COUNTIES = (
    "Arden Brackley Corran Dunholm Elsmere Farrow Garth Hallow Ister Jarrow Keld Lorne "
    "Mossdale Norham Orrin Penfold Rusk Selby Tarn Ulver"
).split()
COLOURS = ("red", "green", "blue")
SIZE, BORDERS = 8, 14
LIMIT = 500


def _task(chance: random.Random) -> dict[str, Any]:
    counties = chance.sample(COUNTIES, SIZE)
    hidden = dict(zip(counties, chance.sample([*COLOURS, *COLOURS, *COLOURS], SIZE), strict=True))
    apart = [pair for pair in combinations(counties, 2) if hidden[pair[0]] != hidden[pair[1]]]
    borders = chance.sample(apart, BORDERS)
    prompt = (
        f"Counties: {', '.join(counties)}. These share a border: "
        f"{'; '.join(f'{one} and {other}' for one, other in borders)}.\n"
        "Colour every county red, green or blue so that counties with a common border differ. "
        "Reply in the form `Name: colour, Name: colour` with every county once."
    )
    return {
        "prompt": prompt,
        "answer": {"borders": [list(pair) for pair in borders], "counties": counties},
        "hidden": hidden,
    }


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("counties")
    return [_task(chance) for _ in range(28)]


TASKS = _tasks()


def _colouring(text: str) -> dict[str, str] | None:
    """Read `Name: colour` pairs; a county that is given twice spoils the whole reply."""
    chosen: dict[str, str] = {}
    for part in text.split(","):
        county, colon, colour = part.partition(":")
        county, colour = county.strip().lower(), colour.strip().lower()
        if not colon or county in chosen or colour not in COLOURS:
            return None
        chosen[county] = colour
    return chosen


def reward(prompt: str, completion: str, answer: dict[str, Any]) -> float:
    if len(completion) > LIMIT or not completion.isascii():
        return 0.0
    chosen = _colouring(completion)
    if chosen is None or set(chosen) != {county.lower() for county in answer["counties"]}:
        return 0.0
    return float(
        all(chosen[one.lower()] != chosen[other.lower()] for one, other in answer["borders"])
    )


def oracle(task: dict[str, Any]) -> str:
    return ", ".join(f"{county}: {colour}" for county, colour in task["hidden"].items())
