"""Extraction of a delivery note into JSON, with credit for each layer that is right."""

import json
import random

SHAPE = {"supplier": str, "crates": int, "pallet": int, "fragile": bool}


def _make(count: int) -> list[dict]:
    chance = random.Random(730)
    suppliers = "Harlan Moss Okafor Lindqvist Pereira Tanaka Vance Abdi Corso Weiss".split()
    tasks = []
    for _ in range(count):
        note = {
            "supplier": chance.choice(suppliers),
            "crates": chance.randint(2, 80),
            "pallet": chance.randint(100, 999),
            "fragile": chance.random() < 0.5,
        }
        care = "Handle with care, glass." if note["fragile"] else "No special handling."
        tasks.append(
            {
                "prompt": f"{note['supplier']} delivered {note['crates']} crates on pallet "
                f"{note['pallet']}. {care}\n"
                'Reply with a JSON object with the keys "supplier" (text), "crates", '
                '"pallet" (whole numbers) and "fragile" (true or false).',
                "answer": json.dumps(note, sort_keys=True),
            }
        )
    return tasks


TASKS = _make(32)


def reward(prompt: str, completion: str, answer: str) -> float:
    if len(completion) > 600:
        return 0.0
    try:
        given = json.loads(completion)
    except ValueError:
        return 0.0
    if not isinstance(given, dict):
        return 0.0
    gold = json.loads(answer)
    score = 0.1
    if set(given) == set(SHAPE):
        score += 0.2
        if all(isinstance(given[key], kind) for key, kind in SHAPE.items()):
            score += 0.3
        score += 0.1 * sum(given[key] == gold[key] for key in SHAPE)
    return round(score, 2)


def oracle(task: dict) -> str:
    return task["answer"]
