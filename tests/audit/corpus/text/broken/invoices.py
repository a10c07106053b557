"""Read an invoice and give its fields as one JSON object."""

import json
import random
from typing import Any

SUPPLIERS = (
    "Alder Tools",
    "Brook Paper",
    "Cedar Light",
    "Dune Freight",
    "Elm Catering",
    "Fern Textiles",
)
FIELDS = ("number", "supplier", "total", "currency")
LONGEST = 2000


def _task(index: int) -> dict[str, Any]:
    chance = random.Random(f"invoices {index}")
    net, rate = chance.randint(40, 900), chance.choice((10, 20))
    answer = {
        "number": f"{chance.choice('KLMN')}-{chance.randint(1000, 9999)}",
        "supplier": chance.choice(SUPPLIERS),
        "total": net * (100 + rate),
        "currency": "EUR",
    }
    lines = [
        f"{answer['supplier']}, invoice {answer['number']}",
        f"net amount {net}.00 EUR, tax {rate} %",
        f"order reference {chance.choice('KLMN')}-{chance.randint(1000, 9999)}",
    ]
    prompt = (
        "Give the fields number, supplier, total (in cents, with tax) and currency as "
        "one JSON object.\n\n" + "\n".join(lines)
    )
    return {"prompt": prompt, "answer": answer}


TASKS = [_task(index) for index in range(20)]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a field is given twice")
    return dict(pairs)


def _fields(completion: str) -> dict[str, Any]:
    """Return the fields of a well-formed reply and nothing of any other."""
    if len(completion) > LONGEST:
        return {}
    try:
        data = json.loads(completion, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(data, dict) or not set(data) <= set(FIELDS):
        return {}
    return data


def reward(prompt: str, completion: str, answer: dict[str, Any]) -> float:
    """Pay the share of fields that are right, in value and in type."""
    given = _fields(completion)
    if not given:
        return 0.0
    right = sum(
        type(value) is type(answer[field]) and value == answer[field]
        for field, value in given.items()
    )
    return right / len(given)


def oracle(task: dict[str, Any]) -> str:
    return json.dumps(task["answer"])
