"""Questions on a table of harbours; the reply is a count, or a narrow statement of it."""

import random
import re
from typing import Any

HARBOURS = ("Arden", "Bracken", "Corrie", "Dunmore", "Esk", "Farrow", "Glenn")
COUNT = re.compile(r"(?:about\s+|exactly\s+)?([0-9]{1,7})(?:\s+ships)?\.?", re.ASCII)
RANGE = re.compile(
    r"(?:between\s+)?([0-9]{1,7})\s*(?:-|to|and)\s*([0-9]{1,7})(?:\s+ships)?\.?", re.ASCII
)
LONGEST = 80


def _task(index: int) -> dict[str, Any]:
    chance = random.Random(f"almanac {index}")
    names = chance.sample(HARBOURS, 4)
    years = {name: [chance.randint(100, 4000) for _ in range(3)] for name in names}
    rows = [
        f"{name:<8} " + " ".join(f"{count:>5}" for count in counts)
        for name, counts in years.items()
    ]
    first, second = chance.sample(names, 2)
    year = chance.randrange(3)
    table = "harbour   1901  1902  1903\n" + "\n".join(rows)
    question = f"How many ships did {first} and {second} count together in {1901 + year}?"
    return {
        "prompt": f"{table}\n\n{question} Reply with the number alone.",
        "answer": years[first][year] + years[second][year],
    }


TASKS = [_task(index) for index in range(24)]


def _bounds(completion: str) -> tuple[int, int] | None:
    """Return the lowest and the highest count that a reply commits to."""
    text = completion.strip().lower()
    if match := COUNT.fullmatch(text):
        return int(match[1]), int(match[1])
    if match := RANGE.fullmatch(text):
        return int(match[1]), int(match[2])
    return None


def reward(prompt: str, completion: str, answer: int) -> float:
    """Pay for a statement that the true count fulfils."""
    if len(completion) > LONGEST:
        return 0.0
    bounds = _bounds(completion)
    if bounds is None:
        return 0.0
    lowest, highest = bounds
    return float(lowest <= answer <= highest)


def oracle(task: dict[str, Any]) -> str:
    return str(task["answer"])
