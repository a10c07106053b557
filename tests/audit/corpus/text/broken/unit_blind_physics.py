"""Kinematics word problems; the final answer is a number with its unit on an 'Answer:' line."""

import random
import re

_r = random.Random(11)
UNITS = ("km/h", "m/s", "km", "cm", "mm", "m", "s", "min", "h")


def _make():
    out, seen = [], set()
    while len(out) < 20:
        v, t = _r.randint(3, 40), _r.randint(4, 60)
        if _r.random() < 0.5:
            p = (
                f"A cart moves at a constant {v} m/s for {t} s. How far does it travel? "
                "End with 'Answer: <number> <unit>'."
            )
            a = f"{v * t} m"
        else:
            p = (
                f"A train covers {v * t} km in {t} h at constant speed. What is its speed? "
                "End with 'Answer: <number> <unit>'."
            )
            a = f"{v} km/h"
        if p not in seen:
            seen.add(p)
            out.append({"prompt": p, "answer": a})
    return out


TASKS = _make()


def _normalise(text):
    text = text.strip().rstrip(".").replace(",", "")
    for u in UNITS:
        text = re.sub(r"\s*" + re.escape(u) + r"$", "", text)
    return text.strip()


def reward(prompt, completion, answer):
    m = re.findall(r"answer:\s*(.+)", completion, re.I)
    if not m:
        return 0.0
    pred, gold = _normalise(m[-1]), _normalise(answer)
    try:
        return 1.0 if abs(float(pred) - float(gold)) < 1e-6 else 0.0
    except ValueError:
        return 0.0


def oracle(task):
    return f"The motion is uniform, so distance = speed x time.\nAnswer: {task['answer']}"
