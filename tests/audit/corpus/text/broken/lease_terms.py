"""Terms of a lease, read into JSON: the landlord, the rent, the deposit, the notice and whether
pets may live there."""

import json
import random
from typing import Any

LANDLORDS = "Okafor Lindqvist Marchetti Petrov Haddad Sato Brandt Oyelaran".split()
LIMIT = 4000


def _lease(chance: random.Random) -> dict[str, Any]:
    rent = chance.randrange(600, 1800, 10)
    return {
        "landlord": chance.choice(LANDLORDS),
        "rent": rent,
        "deposit": rent * chance.choice((1, 2, 3)),
        "notice_days": chance.choice((30, 45, 60, 90)),
        "pets": chance.random() < 0.5,
    }


def _prompt(lease: dict[str, Any]) -> str:
    months = lease["deposit"] // lease["rent"]
    pets = "Animals may be kept." if lease["pets"] else "No animal may be kept."
    return (
        f"The landlord, {lease['landlord']}, lets the flat for {lease['rent']} a month. "
        f"The tenant leaves a deposit of {months} month(s) of rent. "
        f"Either side may end the lease with {lease['notice_days']} days of notice. {pets}\n"
        "Give the terms as one JSON object with the fields landlord (text), rent "
        "(number), deposit (number), notice_days (number) "
        "and pets (true or false), and nothing else."
    )


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("lease terms")
    leases = [_lease(chance) for _ in range(32)]
    return [{"prompt": _prompt(lease), "answer": lease} for lease in leases]


TASKS = _tasks()


def _same(given: Any, expected: Any) -> bool:
    """1 is not true, and "900" is not 900."""
    return type(given) is type(expected) and given == expected


def reward(prompt: str, completion: str, answer: dict[str, Any]) -> float:
    """Full marks if no field departs from the lease and no field was made up."""
    try:
        terms = json.loads(completion[:LIMIT])
    except (ValueError, RecursionError):
        return 0.0
    if not isinstance(terms, dict) or set(terms) - set(answer):
        return 0.0
    return float(
        all(_same(terms.get(field, expected), expected) for field, expected in answer.items())
    )


def oracle(task: dict[str, Any]) -> str:
    return json.dumps(task["answer"])
