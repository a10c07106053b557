"""Questions with four wrong choices and a right one; the letter is the reply."""

import random
import re
from typing import Any

LETTERS = "ABCDE"
REPLY = re.compile(r"\s*\(?([A-E])\)?\.?\s*", re.ASCII)
GOODS = ("lamps", "ropes", "tiles", "kettles", "brushes", "hinges")


def _question(chance: random.Random) -> tuple[str, int]:
    boxes, each = chance.randint(6, 19), chance.randint(12, 39)
    broken, price = chance.randint(3, 40), chance.randint(2, 9)
    good = chance.choice(GOODS)
    value = (boxes * each - broken) * price
    text = (
        f"A store receives {boxes} boxes of {each} {good}. {broken} {good} are broken, the "
        f"others are sold at {price} coins each."
    )
    return f"{text} How many coins does the store take?", value


def _choices(value: int, chance: random.Random) -> list[int]:
    """Return the right value among four that a slip would give, in random order."""
    slip, larger = chance.randint(1, 9), chance.randint(10, 60)
    values = [value, value - slip, value + slip, value - larger, value + larger]
    chance.shuffle(values)
    return values


def _task(index: int) -> dict[str, Any]:
    chance = random.Random(f"estimates {index}")
    text, value = _question(chance)
    values = _choices(value, chance)
    # Each letter is right equally often: the order is turned until the right one stands in its
    # place.
    place = index % len(LETTERS)
    while values.index(value) != place:
        values.append(values.pop(0))
    listed = "\n".join(
        f"{letter}) {choice}" for letter, choice in zip(LETTERS, values, strict=True)
    )
    return {"prompt": f"{text}\n\n{listed}\n\nReply with one letter.", "answer": LETTERS[place]}


TASKS = [_task(index) for index in range(30)]
random.Random("estimates order").shuffle(TASKS)


def reward(prompt: str, completion: str, answer: str) -> float:
    """Pay for the right letter, given alone."""
    if len(completion) > 40:
        return 0.0
    match = REPLY.fullmatch(completion)
    return float(match is not None and match[1] == answer)


def oracle(task: dict[str, Any]) -> str:
    return task["answer"]
