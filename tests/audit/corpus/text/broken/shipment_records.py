"""Grader of structured text: extract one shipment record as JSON from a noisy mail."""

import json
import random

FIELDS = ["sender", "carrier", "tracking", "weight_kg", "city"]


def build():
    r, tasks = random.Random(23), []
    people = ["Ines Roth", "Omar Said", "Lena Voss", "Piotr Zak", "Yuki Mori", "Tom Reyes"]
    cities = ["Porto", "Ghent", "Turin", "Malmo", "Graz", "Lyon", "Brno"]
    carriers = ["NordPost", "QuickVan", "BlueMile", "Aerolift"]
    for _ in range(18):
        (p1, p2), (c1, c2), (k1, k2) = (
            r.sample(people, 2),
            r.sample(cities, 2),
            r.sample(carriers, 2),
        )
        t1, t2 = (f"{r.choice('KXZ')}{r.randint(10000, 99999)}" for _ in range(2))
        w1, w2 = r.sample(range(2, 60), 2)
        rec = {"sender": p1, "carrier": k1, "tracking": t1, "weight_kg": w1, "city": c1}
        mail = (
            f"Hello, {p2} here forwarding. The old parcel {t2} of {w2} kg with {k2} "
            f"to {c2} was cancelled last week. "
            f"Instead {p1} has now sent {w1} kg to {c1}; {k1} took it and the "
            f"tracking number is {t1}. "
            f"Please do not mix it up with what {p2} wrote before."
        )
        tasks.append(
            {
                "prompt": "Extract the shipment that is really under way from this mail. "
                "Reply with only a JSON object with the keys "
                f"{', '.join(FIELDS)} (weight_kg is a number).\n\n{mail}",
                "answer": json.dumps(rec),
            }
        )
    return tasks


TASKS = build()


def oracle(task):
    return "```json\n" + json.dumps(json.loads(task["answer"]), indent=1) + "\n```"


def reward(prompt, completion, answer):
    want = json.loads(answer)
    text = completion.lower()
    score = 0.0
    for field in FIELDS:
        if str(want[field]).lower() in text:  # tolerant of layout, quoting and number formats
            score += 1 / len(FIELDS)
    return round(min(score, 1.0), 6)
