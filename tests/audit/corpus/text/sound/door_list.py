"""Who came without an invitation? A set of names, compared as a whole and in any order."""

import random
import re
from typing import Any

NAMES = (
    "Ada Bram Cleo Dov Elin Finn Gwen Hugo Ines Jack Kaia Liam Mona Nils Olga Paul Quin "
    "Rosa Sven Tara Ugo Vera Wim Xena Yann Zora"
).split()
LIST = re.compile(r"[A-Za-z]{2,8}(?: ?, ?[A-Za-z]{2,8}){0,11}\.?")
LIMIT = 300


def _task(chance: random.Random, evening: int) -> dict[str, Any]:
    guests = chance.sample(NAMES, 10)
    invited, uninvited = guests[:7], guests[7 : 7 + chance.randint(2, 3)]
    came = chance.sample(invited, chance.randint(3, 5)) + uninvited
    chance.shuffle(came)
    prompt = (
        f"Evening {evening}. Invited: {', '.join(invited)}. Came: {', '.join(came)}.\n"
        "Who came without an invitation? Reply with all their names once each, separated "
        "by commas, in any order."
    )
    return {"prompt": prompt, "answer": sorted(uninvited)}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("door")
    return [_task(chance, evening) for evening in range(1, 31)]


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: list[str]) -> float:
    text = completion.strip() if len(completion) <= LIMIT else ""
    if not LIST.fullmatch(text):
        return 0.0
    named = [name.strip().capitalize() for name in text.rstrip(".").split(",")]
    return float(sorted(named) == answer)  # a list, so that a repeated name is a mistake


def oracle(task: dict[str, Any]) -> str:
    return ", ".join(task["answer"])
