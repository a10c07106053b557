"""Chances with counters in a bag, as a fraction or as a decimal."""

import random
from fractions import Fraction
from typing import Any

COLOURS = "red green blue white black".split()


def _task(chance: random.Random) -> dict[str, Any]:
    total = chance.choice((8, 10, 16, 20, 40, 50))
    wanted = chance.randint(1, total - 2)
    between = chance.randint(1, total - wanted - 1) if total - wanted > 1 else 1
    one, two, three = chance.sample(COLOURS, 3)
    bag = {one: wanted, two: between, three: total - wanted - between}
    listed = ", ".join(f"{count} {colour}" for colour, count in sorted(bag.items()))
    odds = Fraction(wanted, total)
    prompt = (
        f"A bag holds counters: {listed}. One is drawn blindly. What is the chance that "
        f"it is {one}? "
        "Reply with the number alone, as a decimal or as a fraction, which need not be "
        "in lowest terms."
    )
    return {
        "prompt": prompt,
        "answer": [odds.numerator, odds.denominator],
        "counted": f"{wanted}/{total}",
    }


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("counters")
    return [_task(chance) for _ in range(32)]


TASKS = _tasks()


def reward(prompt: str, completion: str, answer: list[int]) -> float:
    """Full marks for the fraction or for the decimal."""
    above, below = answer
    text = completion.strip().replace(" / ", "/")
    return float(text in (f"{above}/{below}", str(above / below)))


def oracle(task: dict[str, Any]) -> str:
    above, below = task["answer"]
    return f"{above}/{below}"
