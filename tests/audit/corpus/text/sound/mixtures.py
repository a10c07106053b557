"""Mix two portions of a stuff; the result may be written as any equal fraction or as a decimal."""

import random
import re
from fractions import Fraction
from typing import Any

NUMBER = re.compile(r"[0-9]{1,6}(?:/[0-9]{1,6}|\.[0-9]{1,6})?", re.ASCII)
LONGEST = 40


def _portion(chance: random.Random) -> Fraction:
    bottom = chance.choice((2, 3, 4, 5, 6, 8, 9, 12))
    return Fraction(chance.randint(1, 3 * bottom), bottom)


def _task(first: Fraction, second: Fraction, times: int) -> dict[str, Any]:
    total = first * times + second
    prompt = (
        f"A bowl takes {times} times {first} litres and then {second} litres. How many "
        f"litres are in it?"
    )
    return {
        "prompt": f"{prompt} Reply with the number alone, exactly, as a fraction or a decimal.",
        "answer": f"{total.numerator}/{total.denominator}",
    }


def _tasks(count: int) -> list[dict[str, Any]]:
    """Draw tasks whose answers all differ, so that no reply is right twice."""
    chance = random.Random("mixtures")
    tasks: dict[str, dict[str, Any]] = {}
    while len(tasks) < count:
        first, second, times = _portion(chance), _portion(chance), chance.randint(2, 7)
        task = _task(first, second, times)
        # The answer must not stand in the prompt either.
        if first * times + second not in (first, second, times):
            tasks.setdefault(task["answer"], task)
    return list(tasks.values())


TASKS = _tasks(24)


def _value(text: str) -> Fraction | None:
    if NUMBER.fullmatch(text) is None:
        return None
    top, slash, bottom = text.partition("/")
    if not slash:
        return Fraction(text)
    return Fraction(int(top), int(bottom)) if int(bottom) else None


def reward(prompt: str, completion: str, answer: str) -> float:
    """Pay for one number that equals the answer exactly."""
    if len(completion) > LONGEST:
        return 0.0
    value = _value(completion.strip(" \n"))
    return float(value is not None and value == Fraction(answer))


def oracle(task: dict[str, Any]) -> str:
    return task["answer"]
