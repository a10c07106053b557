"""The check letter of a licence number: its remainder by 23 picks one of 23 letters."""

import random
import re
from typing import Any

LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
LETTER = re.compile(r"([A-Za-z])\.?")
LIMIT = 50


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("licence")
    remainders = [*range(23), *chance.sample(range(23), 11)]
    chance.shuffle(remainders)
    numbers = [chance.randrange(10_000, 400_000) * 23 + remainder for remainder in remainders]
    return [
        {
            "prompt": f"The check letter of a licence is the one at the place of its number modulo "
            f"23, counted from 0, in {LETTERS}.\n"
            f"What is the check letter of {number}? Reply with that letter alone.",
            "answer": LETTERS[number % 23],
        }
        for number in numbers
    ]


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: str) -> float:
    letter = LETTER.fullmatch(completion.strip()) if len(completion) <= LIMIT else None
    return float(letter is not None and letter[1].upper() == answer)


def oracle(task: dict[str, Any]) -> str:
    return task["answer"]
