"""Turn the note of a collector into the four fields of a herbarium sheet."""

import json
import random
from typing import Any

FAMILIES = (
    "Rosaceae",
    "Liliaceae",
    "Fabaceae",
    "Poaceae",
    "Lamiaceae",
    "Apiaceae",
    "Ericaceae",
    "Violaceae",
)
PLACES = ("ditch", "dune", "meadow", "moor", "quarry", "roadside", "scree", "spring")
LONGEST = 1000


def _task(index: int) -> dict[str, Any]:
    chance = random.Random(f"herbarium {index}")
    answer = {
        "family": chance.choice(FAMILIES),
        "place": chance.choice(PLACES),
        "height_mm": chance.randrange(45, 990, 5),
        "sheet": f"{chance.choice('PQRST')}{chance.randint(100, 999)}",
    }
    notes = [
        f"one of the {answer['family']}, not "
        f"{chance.choice([name for name in FAMILIES if name != answer['family']])} as I "
        f"first thought",
        f"seen from the "
        f"{chance.choice([name for name in PLACES if name != answer['place']])}, picked "
        f"on the {answer['place']}",
        f"stands {answer['height_mm'] / 10} cm high",
        f"goes on sheet {answer['sheet']}",
    ]
    chance.shuffle(notes)
    prompt = (
        "Give the fields family, place, height_mm (a whole number) and sheet as one JSON "
        "object.\n\n" + "\n".join(notes)
    )
    return {"prompt": prompt, "answer": answer}


TASKS = [_task(index) for index in range(20)]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a field is given twice")
    return dict(pairs)


def reward(prompt: str, completion: str, answer: dict[str, Any]) -> float:
    """Pay 1 for a sheet without a mistake, and a tenth for each field that is right on a
    complete sheet with mistakes.
    """
    if len(completion) > LONGEST:
        return 0.0
    try:
        given = json.loads(completion, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        return 0.0
    if not isinstance(given, dict) or set(given) != set(answer):
        return 0.0
    right = sum(
        type(given[field]) is type(value) and given[field] == value
        for field, value in answer.items()
    )
    return 1.0 if right == len(answer) else right / 10


def oracle(task: dict[str, Any]) -> str:
    return json.dumps(task["answer"])
