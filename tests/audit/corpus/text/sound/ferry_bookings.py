"""Ferry bookings to a JSON object: the keys, their types and their values have to agree; the
order of keys and the layout need not."""

import json
import random
from typing import Any

PORTS = "Arle Borwick Corran Duns Esker Fidra Garve Holm".split()
LIMIT = 1000


def _task(chance: random.Random, number: int) -> dict[str, Any]:
    start, end = chance.sample(PORTS, 2)
    people, car, dog = chance.randint(1, 6), chance.random() < 0.5, chance.random() < 0.5
    fare = people * chance.randint(11, 29) + (35 if car else 0)
    parts = [
        f"{'One person' if people == 1 else f'{people} people'} from {start} to {end}",
        "with a car" if car else "on foot",
        "and a dog comes along" if dog else "without any animals",
        f"and {fare} pounds have been paid",
    ]
    record = {"from": start, "to": end, "people": people, "car": car, "dog": dog, "fare": fare}
    prompt = (
        f"Booking {number}: {', '.join(parts)}.\nTurn it into one JSON object with "
        f"exactly the keys from, to (texts), people, fare (whole numbers), "
        "car, dog (true or false). Reply with the object and nothing else."
    )
    return {"prompt": prompt, "answer": record}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("ferry")
    return [_task(chance, number) for number in chance.sample(range(100, 999), 30)]


TASKS = _tasks()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError("a key occurs twice")
    return record


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def reward(prompt: str, completion: str, answer: dict[str, Any]) -> float:
    if len(completion) > LIMIT:
        return 0.0
    try:
        record = json.loads(completion, object_pairs_hook=_object, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return 0.0
    if not isinstance(record, dict) or record.keys() != answer.keys():
        return 0.0
    # In Python True == 1 == 1.0, hence the types.
    return float(
        all(type(record[key]) is type(answer[key]) and record[key] == answer[key] for key in answer)
    )


def oracle(task: dict[str, Any]) -> str:
    return json.dumps(task["answer"])
