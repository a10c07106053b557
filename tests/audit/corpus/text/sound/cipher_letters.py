"""Decipher a long letter whose alphabet was moved on by a number of places."""

import random
import string
from typing import Any

WORDS = (
    "the old ferry crosses at dawn when mist lies over water and nobody sees who comes "
    "or goes bring both maps with you but leave your "
    "lantern behind because guards watch every light along this shore until spring returns"
).split()
LENGTH = 70
LIMIT = 2000


def _moved(text: str, places: int) -> str:
    letters = string.ascii_lowercase
    return text.translate(str.maketrans(letters, letters[places:] + letters[:places]))


def _task(chance: random.Random) -> dict[str, Any]:
    plain = " ".join(chance.choices(WORDS, k=LENGTH))
    places = chance.randint(1, 25)
    prompt = (
        f"Every letter of this message was moved on by {places} place(s) in the "
        f"alphabet, with a following z:\n{_moved(plain, places)}\n"
        "Write out the message as it was, in small letters, and nothing else."
    )
    return {"prompt": prompt, "answer": plain}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("ciphers")
    return [_task(chance) for _ in range(24)]


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: str) -> float:
    """Full marks for the whole message; how its lines are broken does not matter."""
    if len(completion) > LIMIT or not completion.isascii():
        return 0.0
    return float(completion.lower().split() == answer.split())


def oracle(task: dict[str, Any]) -> str:
    return task["answer"]
