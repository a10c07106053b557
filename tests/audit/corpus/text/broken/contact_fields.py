"""Contact fields out of notes, as JSON; the score is the share of fields that agree."""

import json
import random
import re

_NAMES = ["Mara Voss", "Tim Adler", "Rosa Pinto", "Nils Berg", "Eva Kolar", "Ugo Neri", "Ann Low"]
_CITY = ["Graz", "Delft", "Split", "Arles", "Leeds", "Tampere", "Evora"]
_FIELDS = ["name", "phone", "email", "city", "company", "birthday", "website"]


def _make():
    tasks = []
    for seed in range(20):
        chance = random.Random(f"contact{seed}")
        name = chance.choice(_NAMES)
        row = dict.fromkeys(_FIELDS)
        row["name"] = name
        text = [f"Met {name} at the fair."]
        extra = chance.choice(["phone", "email", "city"])
        if extra == "phone":
            row["phone"] = f"+43 {chance.randint(100, 999)} {chance.randint(1000, 9999)}"
            text.append(f"Call on {row['phone']}.")
        elif extra == "email":
            row["email"] = f"{name.split()[0].lower()}{chance.randint(1, 99)}@mail.example"
            text.append(f"Mail goes to {row['email']}.")
        else:
            row["city"] = chance.choice(_CITY)
            text.append(f"Lives in {row['city']}.")
        tasks.append(
            {
                "prompt": f"Note: {' '.join(text)}\nGive {', '.join(_FIELDS)} as a JSON object; "
                f"use "
                "null for what the note does not say.",
                "answer": row,
            }
        )
    return tasks


TASKS = _make()


def oracle(task):
    return json.dumps(task["answer"])


def reward(prompt, completion, answer):
    found = re.search(r"\{.*\}", completion, re.DOTALL)
    try:
        made = json.loads(found.group(0)) if found else None
    except (ValueError, RecursionError):
        return 0.0
    if not isinstance(made, dict):
        return 0.0
    hits = 0
    for key, value in answer.items():
        one = str(made.get(key) or "").strip().lower()
        two = str(value or "").strip().lower()
        hits += one == two
    return hits / len(answer)
