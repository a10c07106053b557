"""Stickers for a parcel: credit for each right one, less as much for each wrong one, so that
guessing broadly does not pay."""

import random
import re
from typing import Any

RULES = {
    "glass": "FRAGILE",
    "a battery": "LITHIUM",
    "cut flowers": "PERISHABLE",
    "a lamp with a plug": "ELECTRONICS",
    "an anvil": "HEAVY",
    "a live tortoise": "ANIMAL",
    "a rifle scope": "CUSTOMS",
    "a bottle of perfume": "FLAMMABLE",
    "a printed circuit": "STATIC",
    "an X-ray film": "RADIATION",
}
PLAIN = [
    "a scarf",
    "two paperbacks",
    "a deck of cards",
    "a wooden spoon",
    "a bath towel",
    "a jigsaw",
]
LIST = re.compile(r"[A-Za-z]{3,14}(?: ?, ?[A-Za-z]{3,14}){0,9}")
LIMIT = 300


def _task(chance: random.Random, number: int, size: int) -> dict[str, Any]:
    things = chance.sample(sorted(RULES), size)
    inside = things + chance.sample(PLAIN, 2)
    chance.shuffle(inside)
    legend = "; ".join(f"{thing}: {sticker}" for thing, sticker in RULES.items())
    prompt = (
        f"Parcel {number} contains {', '.join(inside)}.\nRules: {legend}; anything else: "
        f"no sticker.\n"
        "Which stickers does it get? Reply with their names, separated by commas. Each "
        "right one counts for, each wrong one against you."
    )
    return {"prompt": prompt, "answer": sorted(RULES[thing] for thing in things)}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("parcels")
    return [
        _task(chance, number, chance.randint(2, 4))
        for number in chance.sample(range(1000, 9999), 30)
    ]


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: list[str]) -> float:
    """Right ones less wrong ones, over all that apply; a name that is given twice counts once."""
    text = completion.strip() if len(completion) <= LIMIT else ""
    if not LIST.fullmatch(text):
        return 0.0
    named = {name.strip().upper() for name in text.split(",")}
    right = len(named & set(answer))
    return max(0.0, (2 * right - len(named)) / len(answer))


def oracle(task: dict[str, Any]) -> str:
    return ", ".join(task["answer"])
