"""Put the singers of a choir in a row by height, one name a line."""

import random
from typing import Any

SINGERS = (
    "Ada",
    "Bruno",
    "Clara",
    "Dario",
    "Edith",
    "Farid",
    "Greta",
    "Hugo",
    "Iris",
    "Jonas",
    "Kaja",
    "Linus",
)


def _task(index: int) -> dict[str, Any]:
    chance = random.Random(f"choir {index}")
    singers = chance.sample(SINGERS, chance.randint(5, 8))
    heights = dict(zip(singers, chance.sample(range(150, 199), len(singers)), strict=True))
    row = sorted(singers, key=heights.__getitem__, reverse=index % 2 == 1)
    side = "tallest" if index % 2 else "shortest"
    sheet = "\n".join(f"{name}, {height} cm" for name, height in heights.items())
    prompt = (
        f"Line the singers up by height, the {side} first. Write one name on each line and "
        f"nothing else.\n\n{sheet}"
    )
    return {"prompt": prompt, "answer": row, "side": side}


TASKS = [_task(index) for index in range(24)]


def reward(prompt: str, completion: str, answer: list[str]) -> float:
    """Pay for a row in which everybody stands in the right place."""
    row = [line.strip() for line in completion.splitlines() if line.strip()]
    if len(row) > len(answer):
        return 0.0
    return float(all(name == expected for name, expected in zip(row, answer, strict=False)))


def oracle(task: dict[str, Any]) -> str:
    return "\n".join(task["answer"])
