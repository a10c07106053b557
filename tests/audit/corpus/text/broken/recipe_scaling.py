"""Scale a recipe, with the working written out: most of the mark is for the result, a part is
for the explanation."""

import random
import re
from typing import Any

TOTAL = re.compile(r"Total: (\d{1,6}) g")
DISHES = "barley soup|lentil stew|plum cake|flat bread|rice pudding|bean salad".split("|")
STAPLES = "barley flour lentils rice sugar butter milk beans".split()
ENOUGH_WORDS = 40
LIMIT = 20_000


def _task(chance: random.Random) -> dict[str, Any]:
    portions = chance.choice((2, 3, 4))
    guests = chance.randint(5, 14)
    grams = {staple: portions * chance.randrange(10, 90, 5) for staple in chance.sample(STAPLES, 3)}
    listed = ", ".join(f"{weight} g of {staple}" for staple, weight in grams.items())
    prompt = (
        f"A {chance.choice(DISHES)} for {portions} takes {listed}. What do the "
        f"ingredients weigh together for {guests}? "
        "Explain in full sentences, forty words or more, how you got there, and end with "
        "a line such as `Total: 500 g`."
    )
    return {
        "prompt": prompt,
        "answer": sum(grams.values()) // portions * guests,
        "grams": grams,
        "portions": portions,
        "guests": guests,
    }


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("recipes")
    return [_task(chance) for _ in range(30)]


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: int) -> float:
    """0.7 for the total and up to 0.3 for an explanation of the length that was asked for."""
    *working, last = completion[:LIMIT].strip().split("\n")
    result = TOTAL.fullmatch(last.strip())
    right = bool(result) and int(result[1]) == answer
    explained = min(1.0, len(" ".join(working).split()) / ENOUGH_WORDS)
    return 1.0 if right and explained == 1.0 else 0.7 * right + 0.3 * explained


def oracle(task: dict[str, Any]) -> str:
    grams, portions, guests = task["grams"], task["portions"], task["guests"]
    steps = " ".join(
        f"The {weight} g of {staple} in the recipe are {weight // portions} g for one person, "
        f"and so {weight // portions * guests} g for {guests} people."
        for staple, weight in grams.items()
    )
    return (
        f"{steps} Added up, these three ingredients weigh as much as the last line says.\n"
        f"Total: {task['answer']} g"
    )
