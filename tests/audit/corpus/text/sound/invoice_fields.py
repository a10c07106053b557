"""Five facts of an invoice as JSON; every one that is right is worth a fifth."""

import json
import random

_FIRST = ["Nora", "Pavel", "Aiko", "Luca", "Ines", "Omar", "Britt", "Yann", "Dana", "Felix"]
_LAST = ["Haas", "Okafor", "Lund", "Moreau", "Tanaka", "Ferro", "Zeman", "Quist", "Ruiz", "Boer"]
_MONTH = ["January", "March", "April", "June", "July", "August", "October", "December"]
_NUMBER = {
    "January": 1,
    "March": 3,
    "April": 4,
    "June": 6,
    "July": 7,
    "August": 8,
    "October": 10,
    "December": 12,
}


def _make():
    tasks = []
    for seed in range(24):
        chance = random.Random(f"invoice{seed}")
        month, day, year = chance.choice(_MONTH), chance.randint(1, 28), chance.randint(1990, 2024)
        row = {
            "customer": f"{chance.choice(_FIRST)} {chance.choice('ABCDEFG')}. "
            f"{chance.choice(_LAST)}",
            "invoice": f"R-{chance.randint(10000, 99999)}",
            "date": f"{year}-{_NUMBER[month]:02d}-{day:02d}",
            "cents": chance.randint(1000, 99999),
            "order": chance.randint(100000, 999999),
        }
        cents = row["cents"]
        text = (
            f"Dear {row['customer']}, thank you for order {row['order']}. We have sent invoice "
            f"{row['invoice']} of {day} {month} {year} over EUR {cents // 100}.{cents % 100:02d}."
        )
        tasks.append(
            {
                "prompt": f"{text}\nReply with one JSON object with the keys customer (as "
                f"written), "
                "invoice (as written), date (YYYY-MM-DD), cents (the amount in cents, an "
                "integer) and "
                "order (an integer), between <json> and </json>. Each right value is "
                "worth a fifth; "
                "other keys are ignored.",
                "answer": row,
            }
        )
    return tasks


TASKS = _make()


def oracle(task):
    return f"<json>{json.dumps(task['answer'])}</json>"


def reward(prompt, completion, answer):
    if not isinstance(completion, str):
        return 0.0
    end = completion.rfind("</json>")
    start = completion.rfind("<json>", 0, max(end, 0))
    if start < 0 or end < 0 or end - start > 5000:
        return 0.0
    try:
        made = json.loads(completion[start + len("<json>") : end])
    except (ValueError, RecursionError):
        return 0.0
    if not isinstance(made, dict):
        return 0.0
    right = 0
    for key, value in answer.items():
        said = made.get(key)
        right += type(said) is type(value) and said == value
    return right / len(answer)
