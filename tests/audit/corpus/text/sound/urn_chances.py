"""Chance of a draw from an urn, as a fraction, a decimal or a percentage, all of them exact."""

import random
import re
from fractions import Fraction
from typing import Any

RATIO = re.compile(r"([0-9]{1,6}) ?/ ?([0-9]{1,6})")
NUMBER = re.compile(r"([0-9]{0,3}\.[0-9]{1,12}|[0-9]{1,3}) ?(%?)")
COLOURS = "amber black coral green ivory ochre teal white".split()
LIMIT = 200


def _task(chance: random.Random, seen: set[Fraction]) -> dict[str, Any]:
    while True:
        balls = chance.choice((16, 20, 25, 32, 40, 50, 64, 80))
        first, second = chance.randint(2, balls // 2), chance.randint(1, balls // 3)
        share = Fraction(first, balls)
        if share not in seen and first + second < balls:
            seen.add(share)
            break
    drawn, other, rest = chance.sample(COLOURS, 3)
    content = [f"{first} {drawn}", f"{second} {other}", f"{balls - first - second} {rest}"]
    chance.shuffle(content)
    prompt = (
        f"An urn holds {content[0]}, {content[1]} and {content[2]} balls. One is drawn blindly.\n"
        f"How likely is it {drawn}? Reply with the exact chance alone: a fraction (in "
        f"lowest terms or not), a decimal, or a percentage."
    )
    return {"prompt": prompt, "answer": [share.numerator, share.denominator]}


def _tasks() -> list[dict[str, Any]]:
    chance = random.Random("urn")
    seen: set[Fraction] = set()
    return [_task(chance, seen) for _ in range(32)]


TASKS = _tasks()


def _share(text: str) -> Fraction | None:
    if ratio := RATIO.fullmatch(text):
        above, below = map(int, ratio.groups())
        return Fraction(above, below) if below else None
    number = NUMBER.fullmatch(text)
    return Fraction(number[1]) / (100 if number[2] else 1) if number else None


def reward(prompt: str, completion: str, answer: list[int]) -> float:
    if len(completion) > LIMIT:
        return 0.0
    return float(_share(completion.strip()) == Fraction(*answer))


def oracle(task: dict[str, Any]) -> str:
    above, below = task["answer"]
    return f"{above}/{below}"
