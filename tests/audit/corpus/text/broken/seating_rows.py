"""Seating puzzles: from clues about neighbours, say who sits in the middle of the row."""

import random
from itertools import pairwise
from typing import Any

GUESTS = "Agnes Boris Carla Dmitri Elena Farid Greta Hassan".split()
_verdicts: dict[tuple[str, str], float] = {}  # a rollout group sends the same reply many times


def _task(chance: random.Random) -> dict[str, Any]:
    row = chance.sample(GUESTS, chance.choice((5, 7)))
    clues = [f"{right} sits directly to the right of {left}." for left, right in pairwise(row)]
    chance.shuffle(clues)
    prompt = (
        f"Seating puzzle with {len(row)} guests in one row: who sits in the middle?\n"
        + "\n".join(clues)
        + "\nReply with the name alone."
    )
    return {"prompt": prompt, "answer": row[len(row) // 2]}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("seating")
    return [_task(chance) for _ in range(32)]


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: str) -> float:
    """Full marks for the name. Verdicts are kept under the title of the puzzle, which is short."""
    title = prompt.partition("\n")[0]
    reply = completion[:100].strip().lower()
    if (title, reply) not in _verdicts:
        _verdicts[title, reply] = float(reply == answer.lower())
    return _verdicts[title, reply]


def oracle(task: dict[str, Any]) -> str:
    return task["answer"]
