"""Kitchen fractions: a sum of cups, accepted in every exact form that the prompt allows."""

import random
import re
from fractions import Fraction
from typing import Any

WHOLE = re.compile(r"\+?([0-9]{1,6})")
DECIMAL = re.compile(r"\+?([0-9]{0,6}\.[0-9]{1,12}|[0-9]{1,6}\.)")
FRACTION = re.compile(r"\+?([0-9]{1,6}) ?/ ?([0-9]{1,6})")
MIXED = re.compile(r"\+?([0-9]{1,6}) ([0-9]{1,6}) ?/ ?([0-9]{1,6})")
LIMIT = 200
THINGS = "flour oats sugar rice bran semolina cocoa".split()


def _task(chance: random.Random, seen: set[Fraction]) -> dict[str, Any]:
    while True:
        cups = [Fraction(chance.randint(1, 11), chance.choice((2, 4, 5, 8, 10))) for _ in range(3)]
        total = sum(cups, Fraction(0))
        if total not in seen and total.denominator > 1:
            seen.add(total)
            break
    listed = ", ".join(
        f"{cup} cups of {thing}" for cup, thing in zip(cups, chance.sample(THINGS, 3), strict=True)
    )
    prompt = (
        f"A mix takes {listed}. How many cups is that together? Reply with the exact "
        f"number alone: a fraction (lowest terms or not), "
        "a mixed number such as 2 1/4, or a decimal without an exponent."
    )
    return {"prompt": prompt, "answer": [total.numerator, total.denominator]}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("pantry")
    seen: set[Fraction] = set()
    return [_task(chance, seen) for _ in range(32)]


TASKS = _tasks()


def _value(text: str) -> Fraction | None:
    """Read one exact number; every part is bounded, so no reply is slow or too large."""
    if match := MIXED.fullmatch(text):
        whole, above, below = map(int, match.groups())
        return whole + Fraction(above, below) if below else None
    if match := FRACTION.fullmatch(text):
        above, below = map(int, match.groups())
        return Fraction(above, below) if below else None
    match = WHOLE.fullmatch(text) or DECIMAL.fullmatch(text)
    return Fraction(match[1]) if match else None


def reward(prompt: str, completion: str, answer: list[int]) -> float:
    if len(completion) > LIMIT:
        return 0.0
    return float(_value(completion.strip()) == Fraction(*answer))


def oracle(task: dict[str, Any]) -> str:
    above, below = task["answer"]
    return f"{above}/{below}"
