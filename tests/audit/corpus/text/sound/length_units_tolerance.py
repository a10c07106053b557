"""Circle circumferences: 1 percent tolerance, any metric length unit, unit required."""

import math
import random
import re

_r = random.Random(35)
SCALE = {"mm": 0.001, "cm": 0.01, "m": 1.0, "km": 1000.0}


def _make():
    out = []
    for i, r in enumerate(_r.sample([round(7 * 1.18**k) for k in range(24)], 24)):
        u = ["mm", "cm", "m", "km"][i % 4]
        out.append(
            {
                "prompt": f"A circle has radius {r} {u}. What is its circumference? End with "
                f"one line 'Answer: <decimal "
                "number> <unit>'. Any of mm, cm, m, km is accepted if the length "
                "is right to within 1%; plain or "
                "e-notation, thousands commas allowed.",
                "answer": {"value": round(2 * math.pi * r, 2), "unit": u},
            }
        )
    return out


TASKS = _make()
NUM = (
    r"([0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]{1,12})?"
    r"|[0-9]{1,15}(?:\.[0-9]{1,12})?(?:[eE][+-]?[0-9]{1,2})?)"
)


def reward(prompt, completion, answer):
    lines = re.findall(r"^answer:(.*)$", completion, re.I | re.M)
    if len(lines) != 1:
        return 0.0
    m = re.fullmatch(r"\s*(?:≈|~|about)?\s*" + NUM + r"\s*(mm|cm|km|m)\.?\s*", lines[0])
    if not m:
        return 0.0
    metres = float(m[1].replace(",", "")) * SCALE[m[2]]
    gold = answer["value"] * SCALE[answer["unit"]]
    return 1.0 if math.isfinite(metres) and abs(metres - gold) <= 0.01 * gold else 0.0


def oracle(task):
    a = task["answer"]
    return f"C = 2*pi*r.\nAnswer: {a['value']} {a['unit']}"
