"""Two small tables and a query in words: the reply is the joined table, its rows in any order."""

import random
from typing import Any

GUESTS = "Abel Britt Ciro Dora Egon Fenna Gil Hedda".split()
DISHES = "trout risotto goulash paella ramen moussaka".split()
LIMIT = 4000


def _task(chance: random.Random) -> dict[str, Any]:
    menu = {
        number: (dish, chance.randint(8, 29))
        for number, dish in enumerate(chance.sample(DISHES, 4), start=1)
    }
    orders = [
        (guest, chance.choice(sorted(menu)), chance.randint(1, 3))
        for guest in chance.sample(GUESTS, 5)
    ]
    rows = [[guest, menu[number][0], count * menu[number][1]] for guest, number, count in orders]
    prompt = (
        "menu(number | dish | price)\n"
        + "\n".join(f"{number} | {dish} | {price}" for number, (dish, price) in menu.items())
        + "\norders(guest | number | portions)\n"
        + "\n".join(f"{guest} | {number} | {count}" for guest, number, count in orders)
        + "\nList for each order the guest, the dish and the amount due (price times portions). "
        "Reply with one row per order in the form `guest | dish | amount`, without a "
        "heading; the rows may come in any order."
    )
    return {"prompt": prompt, "answer": rows}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("tables")
    return [_task(chance) for _ in range(28)]


TASKS = _tasks()


def _rows(text: str) -> list[list[str]]:
    return [
        [cell.strip().lower() for cell in line.split("|")]
        for line in text[:LIMIT].strip().splitlines()
    ]


def reward(prompt: str, completion: str, answer: list[list[Any]]) -> float:
    """Full marks if the two tables hold the same rows."""
    given = _rows(completion)
    if len(given) != len(answer) or any(
        len(row) != len(answer[0]) or not row[-1].isdigit() for row in given
    ):
        return 0.0
    dish_of = {guest: dish for guest, dish, *_ in given}
    return float(dish_of == {guest.lower(): dish for guest, dish, *_ in answer})


def oracle(task: dict[str, Any]) -> str:
    return "\n".join(" | ".join(map(str, row)) for row in task["answer"])
