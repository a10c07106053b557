"""A courier's note as a JSON record. Types count, unknown and repeated fields are refused, the
order of fields is free."""

import json
import random
from typing import Any

SENDERS = "Amsel Brook Calder Dreyer Ewing Fontana Grieg Holt".split()
STOPS = "Leeds Hull York Derby Crewe Luton Poole Truro Wells Bath".split()
LIMIT = 2000


def _note(chance: random.Random) -> dict[str, Any]:
    return {
        "sender": chance.choice(SENDERS),
        "grams": chance.randrange(150, 9000, 50),
        "fragile": chance.random() < 0.5,
        "stops": chance.sample(STOPS, chance.randint(2, 4)),
    }


def _prompt(note: dict[str, Any]) -> str:
    kilos = f"{note['grams'] / 1000:.2f}"
    return (
        f"{note['sender']} sends a parcel of {kilos} "
        f"kg{', handle with care' if note['fragile'] else ', no special care'}. "
        f"It goes first to {', then to '.join(note['stops'])}.\n"
        "Write the record as one JSON object with exactly these fields: sender (text), "
        "grams (whole number), fragile (true or false), "
        "stops (list of text, in order)."
    )


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("parcels")
    notes = [_note(chance) for _ in range(32)]
    return [{"prompt": _prompt(note), "answer": note} for note in notes]


TASKS = _tasks()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("A field stands twice.")
    return fields


def _same(given: Any, expected: Any) -> bool:
    """Equality that keeps 1, 1.0 and true apart, within lists and objects as well."""
    if type(given) is not type(expected):
        return False
    if isinstance(expected, dict):
        return set(given) == set(expected) and all(
            _same(given[field], expected[field]) for field in expected
        )
    if isinstance(expected, list):
        return len(given) == len(expected) and all(map(_same, given, expected))
    return given == expected


def reward(prompt: str, completion: str, answer: dict[str, Any]) -> float:
    if len(completion) > LIMIT:
        return 0.0
    try:
        record = json.loads(completion, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        return 0.0
    return float(_same(record, answer))


def oracle(task: dict[str, Any]) -> str:
    return json.dumps(task["answer"])
