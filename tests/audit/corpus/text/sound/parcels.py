"""Read a parcel note and give its fields as JSON; each right field counts, each wrong or extra
one too."""

import json
import random
from typing import Any

TOWNS = (
    "Arden",
    "Bracken",
    "Corrie",
    "Dunmore",
    "Elstow",
    "Farrow",
    "Glenn",
    "Hythe",
    "Inver",
    "Keld",
    "Lorne",
    "Marl",
)
FIELDS = ("sender", "town", "weight", "fee")
LONGEST = 1000


def _task(index: int) -> dict[str, Any]:
    chance = random.Random(f"parcels {index}")
    town, other = chance.sample(TOWNS, 2)
    kilos, rate = chance.randint(3, 40), chance.randint(4, 19)
    name = (
        f"{chance.choice('BDGKLM')}{chance.choice('aeiou')}{chance.choice('lnrst')}"
        f"{chance.choice('aeiou')}{chance.choice('klnrs')}"
    )
    prompt = (
        "Give sender, town (where it goes), weight (in grams) and fee (in coins) as one "
        "JSON object, numbers as numbers.\n\n"
        f"{name} hands in a parcel at {other}, bound for {town}. It weighs {kilos} kg; "
        f"carriage is {rate} coins for each kg."
    )
    return {
        "prompt": prompt,
        "answer": {"sender": name, "town": town, "weight": kilos * 1000, "fee": kilos * rate},
    }


TASKS = [_task(index) for index in range(20)]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a field is given twice")
    return dict(pairs)


def _fields(completion: str) -> dict[str, Any] | None:
    if len(completion) > LONGEST:
        return None
    try:
        data = json.loads(completion, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _same(given: Any, wanted: Any) -> bool:
    return type(given) is type(wanted) and given == wanted


def reward(prompt: str, completion: str, answer: dict[str, Any]) -> float:
    """Pay the square of the share of right fields among all that are wanted or given."""
    given = _fields(completion)
    if given is None:
        return 0.0
    right = sum(_same(given[field], answer[field]) for field in FIELDS if field in given)
    # Squared: the fields that are merely copied are worth a quarter, the whole is worth the whole.
    return (right / len(set(FIELDS) | set(given))) ** 2


def oracle(task: dict[str, Any]) -> str:
    return json.dumps(task["answer"])
