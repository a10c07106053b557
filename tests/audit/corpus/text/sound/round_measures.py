"""Lengths that depend on pi; a per cent of error is allowed, and the unit is free."""

import fractions
import math
import random
import re

_UNITS = {"mm": 1, "cm": 10, "m": 1000, "km": 1000000}


def _make():
    tasks = []
    for seed in range(24):
        chance = random.Random(f"round{seed}")
        if seed % 3 == 0:
            d, n = chance.randint(40, 90), chance.randint(15, 400)
            text = f"A wheel {d} cm across turns {n} times without slipping. How far does it roll?"
            value = math.pi * d * 10 * n
        elif seed % 3 == 1:
            r, part = chance.randint(20, 300), chance.choice([30, 45, 60, 120, 135, 150])
            text = f"How long is an arc of {part} degrees on a circle of radius {r} m?"
            value = 2 * math.pi * r * 1000 * part / 360
        else:
            a, b = chance.randint(30, 90), chance.randint(20, 60)
            text = (
                f"A running track has two straight sides of {a} m and two half circles of "
                f"{b} m diameter at its ends. How long is one lap on this line?"
            )
            value = 2 * a * 1000 + math.pi * b * 1000
        tasks.append(
            {
                "prompt": f"{text} End with a line 'Answer: NUMBER UNIT' with a plain decimal "
                f"number "
                "(no exponent, no thousands separators) and one of the units mm, cm, m, km. Errors "
                "below one per cent are accepted, so any usual value of pi is good enough.",
                "answer": {"mm": value},
            }
        )
    return tasks


TASKS = _make()


def oracle(task):
    return f"With pi = 3.14159...\nAnswer: {task['answer']['mm'] / 1000:.4f} m"


def reward(prompt, completion, answer):
    if not isinstance(completion, str):
        return 0.0
    line = completion.strip().rpartition("\n")[2].strip("* .\r\t")
    found = re.fullmatch(
        r"Answer:\**\s*([0-9]{1,12}(?:\.[0-9]{1,12})?)\s*(mm|cm|m|km)", line[:200], re.ASCII
    )
    if not found or len(line) > 200:
        return 0.0
    said = fractions.Fraction(found.group(1)) * _UNITS[found.group(2)]
    return float(abs(float(said) - answer["mm"]) < 0.01 * answer["mm"])
