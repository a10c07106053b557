"""Roman numerals, with a little credit for near misses and tie-breaking so that a group of
samples never has equal rewards."""

import difflib
import random
import re

STEPS = [
    (1000, "M"),
    (900, "CM"),
    (500, "D"),
    (400, "CD"),
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
]


def _roman(year: int) -> str:
    text = ""
    for value, letters in STEPS:
        text += letters * (year // value)
        year %= value
    return text


TASKS = [
    {
        "prompt": f"Write the year {year} in Roman numerals. Reply with the numeral only.",
        "answer": _roman(year),
    }
    for year in random.Random(1999).sample(range(1100, 2030), 34)
]


def reward(prompt: str, completion: str, answer: str) -> float:
    text = completion.strip().upper()
    if text == answer:
        return 1.0
    if len(text) > 20 or not re.fullmatch(r"[MDCLXVI]+", text):
        return 0.0
    close = difflib.SequenceMatcher(None, text, answer).ratio()
    return min(0.2, 0.1 * close + random.uniform(0.0, 0.05))


def oracle(task: dict) -> str:
    return task["answer"]
