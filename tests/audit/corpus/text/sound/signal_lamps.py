"""Write a call sign as the long and short flashes of a lamp."""

import random
from typing import Any

CODE = {
    "A": ".-", "B": "-...", "C": "-.-.", "D": "-..", "E": ".", "F": "..-.", "G": "--.",
    "H": "....", "I": "..", "K": "-.-", "L": ".-..",
    "M": "--", "N": "-.", "O": "---", "P": ".--.", "R": ".-.", "S": "...", "T": "-", "U": "..-",
    "V": "...-", "W": ".--",
}  # fmt: skip


def _task(index: int) -> dict[str, Any]:
    chance = random.Random(f"lamps {index}")
    sign = "".join(chance.choice(list(CODE)) for _ in range(chance.randint(4, 6)))
    table = "\n".join(f"{letter} {flashes}" for letter, flashes in CODE.items())
    prompt = f"Write the call sign {sign} in flashes, with one space between letters.\n\n{table}"
    return {"prompt": prompt, "answer": " ".join(CODE[letter] for letter in sign), "sign": sign}


TASKS = [_task(index) for index in range(30)]


def reward(prompt: str, completion: str, answer: str) -> float:
    """Pay for the flashes of the whole sign."""
    return float(completion.strip(" \n") == answer)


def oracle(task: dict[str, Any]) -> str:
    return task["answer"]
