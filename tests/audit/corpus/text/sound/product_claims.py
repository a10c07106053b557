"""True or false: half of the claims are true, of each wording and of each direction."""

import random
from typing import Any

PER_KIND = 9


def _task(true: bool, greater: bool, chance: random.Random) -> dict[str, Any]:
    left, right, off = chance.randint(12, 98), chance.randint(12, 98), chance.randint(2, 60)
    bound = left * right - off if true == greater else left * right + off
    prompt = (
        f"Claim: {left} times {right} is {'greater' if greater else 'less'} than {bound}.\n"
        f"Is the claim true or false? Reply with that one word."
    )
    return {"prompt": prompt, "answer": "true" if true else "false"}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("claims")
    kinds = [(true, greater) for true in (True, False) for greater in (True, False)] * PER_KIND
    chance.shuffle(kinds)
    return [_task(true, greater, chance) for true, greater in kinds]


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: str) -> float:
    """One word out of two; anything else is no answer."""
    text = completion.strip()
    return float(text.isascii() and text.lower() == answer)


def oracle(task: dict[str, Any]) -> str:
    return task["answer"]
