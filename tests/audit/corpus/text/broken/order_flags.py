"""Order e-mails to a JSON record with fixed keys, compared as a whole."""

import json
import random

ITEMS = ["lamp", "kettle", "rug", "mirror", "clock", "stool", "vase"]


def _make(count: int) -> list[dict]:
    rng = random.Random(1212)
    tasks = []
    for _ in range(count):
        item, number = rng.choice(ITEMS), rng.randint(1, 9)
        gift, express = rng.random() < 0.5, rng.random() < 0.5
        lines = [
            f"I would like to order {number} of the {item}s.",
            "Please wrap them, they are a present." if gift else "No wrapping please.",
            "I need them tomorrow, send them express." if express else "There is no hurry.",
            f"Ring bell {rng.randint(10, 99)}.",
        ]
        gold = {"item": item, "count": number, "gift": gift, "express": express}
        prompt = (
            f"{' '.join(lines)}\n\nTurn the e-mail into JSON with the keys item (text), "
            f"count (whole number), "
            "gift and express (booleans). Reply with the JSON object only."
        )
        tasks.append({"prompt": prompt, "answer": json.dumps(gold)})
    return tasks


TASKS = _make(30)


def reward(prompt: str, completion: str, answer: str) -> float:
    text = completion.strip().removeprefix("```json").removesuffix("```").strip()
    try:
        record = json.loads(text[:2000])
    except (ValueError, RecursionError):
        return 0.0
    return 1.0 if record == json.loads(answer) else 0.0


def oracle(task: dict) -> str:
    return task["answer"]
