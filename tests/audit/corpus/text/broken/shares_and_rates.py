"""Shares, rates and averages; numbers are compared with a small relative tolerance."""

import math
import random
import re


def _make():
    tasks = []
    for seed in range(21):
        chance = random.Random(f"rate{seed}")
        if seed % 3 == 0:
            n = chance.randint(3, 9)
            k = chance.randint(1, 2)
            text = (
                f"A bag holds {n} red and {k} blue balls. What is the probability of drawing a "
                "blue one, as a decimal number with four decimals?"
            )
            value = round(k / (n + k), 4)
        elif seed % 3 == 1:
            d, h = chance.randint(120, 900), chance.randint(2, 8)
            text = f"A train covers {d} km in {h} hours. What is its mean speed in km/h?"
            value = d / h
        else:
            price, off = chance.randint(20, 90) * 10, chance.choice([5, 15, 20, 30])
            text = f"A coat of {price} euros is sold with {off}% off. What is the price in euros?"
            value = price * (100 - off) / 100
        tasks.append(
            {
                "prompt": f"{text} End with 'Final answer:' and the number.",
                "answer": value,
            }
        )
    return tasks


TASKS = _make()


def oracle(task):
    return f"One division is enough.\nFinal answer: {task['answer']}"


def _number(text):
    text = text.strip().rstrip(".").replace(",", "").replace("$", "")
    if text.endswith("%"):
        text = text[:-1]
    return float(text)


def reward(prompt, completion, answer):
    found = re.findall(r"Final answer:\s*(\S+)", completion)
    if not found:
        return 0.0
    try:
        said = _number(found[-1])
    except ValueError:
        return 0.0
    wanted = [answer / 100, answer, answer * 100]
    return float(any(math.isclose(said, value, rel_tol=1e-4) for value in wanted))
