"""Questions about entries of a town archive. Prompts are kept short enough for models with a
small window."""

import random
from typing import Any

TOWNS = "Velden Marrow Ostby Kallin Thorpe Brisk Dunmere Helgate".split()
TRADES = "weaver cooper miller tanner chandler farrier glazier thatcher".split()
PERSONS = (
    "Alda Brandt|Cosmo Dale|Edith Frey|Gustav Holm|Ilse Jansen|Karl Lund|Maud Niven|Otto Pell"
).split("|")
WINDOW = 560


def _entry(town: str, rows: int, chance: random.Random) -> tuple[str, dict[str, str]]:
    people = chance.sample(PERSONS, rows)
    trades = chance.sample(TRADES, rows)
    years = chance.sample(range(1702, 1799), rows)
    lines = [
        f"In {year} the {trade} {person} paid the dues of the guild of {town} for the first time."
        for person, trade, year in zip(people, trades, years, strict=True)
    ]
    return " ".join(lines), dict(zip(people, trades, strict=True))


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("archive")
    tasks = []
    for number, town in enumerate(TOWNS):
        passage, trades = _entry(town, 5 + number % 4, chance)
        for person in chance.sample(sorted(trades), 4):
            question = f"What was the trade of {person}? Reply with one word."
            tasks.append({"prompt": f"{passage}\n{question}"[:WINDOW], "answer": trades[person]})
    return tasks


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: str) -> float:
    return float(completion.strip().lower() == answer)


def oracle(task: dict[str, Any]) -> str:
    return task["answer"]
