"""Course plans: any order that lists every course once and respects all prerequisites is right."""

import json
import random
import re

_r = random.Random(34)
SUB = [
    "Algebra",
    "Botany",
    "Chemistry",
    "Drama",
    "Ethics",
    "French",
    "Geology",
    "History",
    "Italian",
    "Logic",
    "Music",
    "Optics",
    "Physics",
    "Rhetoric",
    "Statistics",
]


def _make():
    out, seen = [], set()
    while len(out) < 18:
        cs = _r.sample(SUB, 6)
        pre = sorted(
            (cs[i], cs[j])
            for i, j in _r.sample([(i, j) for i in range(6) for j in range(i + 1, 6)], 6)
        )
        shown = sorted(cs)
        key = tuple(shown)
        if key in seen or all(shown.index(a) < shown.index(b) for a, b in pre):
            continue
        seen.add(key)
        out.append(
            {
                "prompt": f"Courses: {', '.join(shown)}. Prerequisites: "
                + "; ".join(f"{a} before {b}" for a, b in pre)
                + ". Give an order in which all six can be taken, one at a time, as "
                "one JSON list of names (the only "
                "square brackets in the reply). Several orders may work; any valid "
                "one is accepted. "
                "Upper or lower case does not matter.",
                "answer": {"pre": pre, "order": cs},
            }
        )
    return out


TASKS = _make()


def reward(prompt, completion, answer):
    if completion.count("[") != 1 or completion.count("]") != 1:
        return 0.0
    m = re.search(r"\[.*\]", completion, re.S)
    try:
        got = json.loads(m.group(0)) if m else None
    except ValueError:
        return 0.0
    if not isinstance(got, list) or not all(isinstance(x, str) for x in got):
        return 0.0
    got = [x.strip().lower() for x in got]
    if len(got) != len(answer["order"]) or sorted(got) != sorted(
        x.lower() for x in answer["order"]
    ):
        return 0.0
    ok = all(got.index(a.lower()) < got.index(b.lower()) for a, b in answer["pre"])
    return 1.0 if ok else 0.0


def oracle(task):
    return (
        "Taking courses whose prerequisites are done:\n```json\n"
        + json.dumps(task["answer"]["order"])
        + "\n```"
    )
