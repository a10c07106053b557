"""Which of four traders ended with a certain sum; the letter is the reply."""

import random
import re
from typing import Any

LETTERS = "ABCD"
NAMES = ("Ada", "Ben", "Cleo", "Dora", "Egon", "Fay", "Gus", "Hal")
REPLY = re.compile(r"\(?([A-D])\)?\.?", re.ASCII)
QUESTIONS = 32


def _rows(names: list[str], chance: random.Random) -> tuple[list[str], dict[str, int]]:
    """Draw what each trader had, took and spent, until all end with different sums that no row
    mentions.
    """
    while True:
        money = {
            name: (chance.randint(200, 260), chance.randint(5, 190), chance.randint(5, 190))
            for name in names
        }
        ends = {name: start + took - spent for name, (start, took, spent) in money.items()}
        if len(set(ends.values())) == len(ends) and not set(ends.values()) & {
            number for row in money.values() for number in row
        }:
            return [
                f"{name} had {start}, took {took}, spent {spent}."
                for name, (start, took, spent) in money.items()
            ], ends


def _task(index: int) -> dict[str, Any]:
    chance = random.Random(f"ledgers {index}")
    # Letter and row of the one asked for run through all sixteen combinations, so neither tells
    # anything.
    letter, row = index % 4, index // 4 % 4
    names = chance.sample(NAMES, 4)
    rows, ends = _rows(names, chance)
    others = [name for name in names if name != names[row]]
    chance.shuffle(others)
    choices = [*others[:letter], names[row], *others[letter:]]
    listed = "\n".join(f"{mark}) {name}" for mark, name in zip(LETTERS, choices, strict=True))
    prompt = (
        "\n".join(rows)
        + f"\n\nWho had {ends[names[row]]} in the end?\n{listed}\nReply with one letter."
    )
    return {"prompt": prompt, "answer": LETTERS[letter]}


def _tasks() -> list[dict[str, Any]]:
    tasks = [_task(index) for index in range(QUESTIONS)]
    random.Random("ledgers order").shuffle(tasks)
    return tasks


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: str) -> float:
    """Pay for the right letter and nothing beside it."""
    if len(completion) > 40:
        return 0.0
    match = REPLY.fullmatch(completion.strip())
    return float(match is not None and match[1] == answer)


def oracle(task: dict[str, Any]) -> str:
    return task["answer"]
