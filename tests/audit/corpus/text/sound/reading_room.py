"""Reading comprehension: the answer is a name that stands in the passage, beside five others."""

import random
from typing import Any

NAMES = (
    "Abena Bjorn Celia Darius Esther Fabian Ginevra Hakon Imogen Jamal Katya Lorenz "
    "Mireille Nadir Oluchi Pavel Quentin Rosa Stellan Tova Ulrich "
    "Vesna Wanda Yusuf"
).split()
BOOKS = "atlas herbal psalter almanac chronicle bestiary dictionary primer".split()
PLACES = (
    "at the window|beside the stove|under the clock|next to the globe|in the alcove|near the door"
).split("|")
SEATS = 6


def _task(place: int, chance: random.Random) -> dict[str, Any]:
    names, books, seats = (
        chance.sample(NAMES, SEATS),
        chance.sample(BOOKS, SEATS),
        chance.sample(PLACES, SEATS),
    )
    sentences = [
        f"{name} took the {book} and sat down {seat}."
        for name, book, seat in zip(names, books, seats, strict=True)
    ]
    asked = (
        f"Who took the {books[place]}?"
        if chance.random() < 0.5
        else f"Who sat down {seats[place]}?"
    )
    return {
        "prompt": f"{' '.join(sentences)}\n{asked} Reply with the name alone.",
        "answer": names[place],
    }


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("reading room")
    places = list(range(SEATS)) * 5
    chance.shuffle(places)
    return [_task(place, chance) for place in places]


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: str) -> float:
    text = completion.strip()
    return float(text.isascii() and text.lower() == answer.lower())


def oracle(task: dict[str, Any]) -> str:
    return task["answer"]
