"""A strict JSON object: exact keys, exact types, no key twice, all or nothing."""

import json
import random

GOODS = "plums copper timber wool salt tiles barley paper rope cork".split()


def _make(count: int) -> list[dict]:
    chance = random.Random(40)
    tasks = []
    for _ in range(count):
        goods, amount, quay, insured = (
            chance.choice(GOODS),
            chance.randint(21, 400),
            chance.randint(2, 19),
            chance.random() < 0.5,
        )
        clause = chance.choice(
            ["insured", "with insurance"] if insured else ["not insured", "without insurance"]
        )
        tasks.append(
            {
                "prompt": f"Log entry: quay {quay}, {amount} crates of {goods}, {clause}.\n"
                'Reply with one JSON object with exactly the keys "goods" (text, as in '
                'the entry), "crates" and "quay" (whole numbers) '
                'and "insured" (true or false), and nothing else.',
                "answer": json.dumps(
                    {"goods": goods, "crates": amount, "quay": quay, "insured": insured}
                ),
            }
        )
    return tasks


TASKS = _make(32)


def _once(pairs: list[tuple[str, object]]) -> dict:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _not_json(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def reward(prompt: str, completion: str, answer: str) -> float:
    if len(completion) > 300:
        return 0.0
    try:
        given = json.loads(completion, object_pairs_hook=_once, parse_constant=_not_json)
    except (ValueError, RecursionError):
        return 0.0
    gold = json.loads(answer)
    if type(given) is not dict or given.keys() != gold.keys():
        return 0.0
    return (
        1.0
        if all(type(given[key]) is type(gold[key]) and given[key] == gold[key] for key in gold)
        else 0.0
    )


def oracle(task: dict) -> str:
    return task["answer"]
