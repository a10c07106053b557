"""Addresses split into street, number, code and town; abbreviations are taken as well."""

import json
import random

_STREET = [
    "Lindenallee",
    "Marktgasse",
    "Parkweg",
    "Seestrasse",
    "Talweg",
    "Ahornring",
    "Kirchplatz",
]
_TOWN = ["Winterthur", "Salzburg", "Freiburg", "Konstanz", "Bregenz", "Passau", "Luzern", "Ulm"]


def _make():
    tasks = []
    for seed in range(20):
        chance = random.Random(f"postal{seed}")
        row = {
            "street": chance.choice(_STREET),
            "number": f"{chance.randint(10, 199)}",
            "code": f"{chance.randint(1000, 99999)}",
            "town": chance.choice(_TOWN),
        }
        text = f"Please send it to {row['street']} {row['number']} in {row['code']} {row['town']}"
        tasks.append(
            {
                "prompt": f"{text}, second floor.\nGive street, number, code and town as a JSON "
                f"object "
                "with strings.",
                "answer": row,
            }
        )
    return tasks


TASKS = _make()


def oracle(task):
    return json.dumps(task["answer"])


def _fits(said, gold):
    said, gold = said.strip().rstrip(".").lower(), gold.lower()
    return gold.startswith(said)


def reward(prompt, completion, answer):
    start, end = completion.find("{"), completion.rfind("}")
    try:
        made = json.loads(completion[start : end + 1])
    except (ValueError, RecursionError):
        return 0.0
    if not isinstance(made, dict) or set(made) != set(answer):
        return 0.0
    if not all(isinstance(value, str) and value.strip() for value in made.values()):
        return 0.0
    return sum(_fits(made[key], gold) for key, gold in answer.items()) / len(answer)
