"""Lists are sorted by many keys: any correct sort passes, whatever it does with equal keys, so
the order itself is checked."""

import json
import random
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise

KEYS: dict[str, tuple[str, str, Callable[[int], object]]] = {
    "ascending": ("from the smallest to the largest", "x", lambda x: x),
    "descending": ("from the largest to the smallest", "-x", lambda x: -x),
    "by_size": ("by absolute value", "abs(x)", lambda x: abs(x)),
    "by_last_digit": (
        "by the last digit of the absolute value",
        "abs(x) % 10",
        lambda x: abs(x) % 10,
    ),
    "even_first": ("with all even numbers before all odd ones", "x % 2", lambda x: x % 2),
    "by_length": (
        "by the number of digits of the absolute value",
        "len(str(abs(x)))",
        lambda x: len(str(abs(x))),
    ),
    "by_digit_sum": (
        "by the digit sum of the absolute value",
        "sum(map(int, str(abs(x))))",
        lambda x: sum(map(int, str(abs(x)))),
    ),
    "near_fifty": ("by the distance from 50", "abs(x - 50)", lambda x: abs(x - 50)),
    "by_thirds": (
        "by the remainder on division by 3, as Python defines it",
        "x % 3",
        lambda x: x % 3,
    ),
}
TASKS = [
    {
        "prompt": f"Write a Python function {name}(xs) that returns a list of whole numbers sorted "
        f"{text}. "
        "Items with equal keys may come in any order. Code only.",
        "answer": name,
    }
    for name, (text, _, _) in KEYS.items()
]
WORKER = """
import json, os, sys

job = json.load(sys.stdin)
channel = os.fdopen(os.dup(1), "w")
scope = {}
exec(job["source"], scope)
channel.write(json.dumps([scope[job["name"]](list(xs)) for xs in job["inputs"]]))
"""


def oracle(task: dict) -> str:
    """Sort by the key."""
    return (
        f"def {task['answer']}(xs):\n    return sorted(xs, key=lambda x: "
        f"{KEYS[task['answer']][1]})\n"
    )


def _sorted_right(given: list[int], got: object, key: Callable[[int], object]) -> bool:
    if type(got) is not list or len(got) != len(given) or any(type(x) is not int for x in got):
        return False
    keys = [key(x) for x in got]
    return all(a <= b for a, b in pairwise(keys))


def reward(prompt: str, completion: str, answer: str) -> float:
    """Sort hidden lists in a process of its own and look at what comes back."""
    chance = random.Random(f"sorting {answer}")
    inputs = [[chance.randint(-300, 300) for _ in range(chance.randint(0, 15))] for _ in range(30)]
    job = json.dumps({"source": completion, "name": answer, "inputs": inputs})
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", WORKER],
            input=job,
            capture_output=True,
            text=True,
            timeout=3,
            errors="replace",
        )
        results = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError, RecursionError):
        return 0.0
    if type(results) is not list or len(results) != len(inputs):
        return 0.0
    return float(
        all(
            _sorted_right(given, got, KEYS[answer][2])
            for given, got in zip(inputs, results, strict=True)
        )
    )
