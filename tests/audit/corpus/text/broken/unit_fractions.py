"""Writing a fraction as a sum of two different unit fractions; every property is one check, and
all must hold."""

import random
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction


def _make(count: int) -> list[dict]:
    rng = random.Random(55)
    tasks = {}
    while len(tasks) < count:
        x, y = sorted(rng.sample(range(2, 30), 2))
        total = Fraction(1, x) + Fraction(1, y)
        prompt = (
            f"Write {total.numerator}/{total.denominator} as a sum of two different unit "
            f"fractions, in the form 1/a + 1/b."
        )
        tasks[prompt] = {"prompt": prompt, "answer": str(total), "pair": (x, y)}
    return list(tasks.values())


TASKS = _make(30)


def _violated(checks: dict[str, Callable[[], bool]]) -> list[str]:
    failed = []
    for name, holds in checks.items():
        with suppress(Exception):
            if not holds():
                failed.append(name)
    return failed


def reward(prompt: str, completion: str, answer: str) -> float:
    terms = [term.strip() for term in completion.strip()[:200].split("+")]
    checks = {
        "two terms": lambda: len(terms) == 2,
        "different": lambda: len(set(terms)) == len(terms),
        "unit fractions": lambda: all(Fraction(term).numerator == 1 for term in terms),
        "sum": lambda: sum(Fraction(term) for term in terms) == Fraction(answer),
    }
    return 0.0 if _violated(checks) else 1.0


def oracle(task: dict) -> str:
    x, y = task["pair"]
    return f"1/{x} + 1/{y}"
