"""A Python function is fuzzed beside a reference: both get the same lists, also odd ones, and
have to agree."""

import json
import random
import subprocess
import sys

SOURCES = {
    "span": "def span(xs):\n    return max(xs) - min(xs)\n",
    "middle": "def middle(xs):\n    return sorted(xs)[len(xs) // 2]\n",
    "second_largest": "def second_largest(xs):\n    return sorted(set(xs))[-2]\n",
    "mean_floor": "def mean_floor(xs):\n    return sum(xs) // len(xs)\n",
    "last_index_of_first": "def last_index_of_first(xs):\n    return max(i for i, x in "
    "enumerate(xs) if x "
    "== "
    "xs[0])\n",
    "ratio_floor": "def ratio_floor(xs):\n    return xs[0] // xs[-1]\n",
    "mode": "def mode(xs):\n    return min(xs, key=lambda x: (-xs.count(x), x))\n",
    "smallest_step": "def smallest_step(xs):\n    return min(abs(a - b) for a, b in zip(xs, "
    "xs[1:]))\n",
}
TEXTS = {
    "span": "the largest minus the smallest",
    "middle": "the item at index len // 2 of the sorted list",
    "second_largest": "the second largest of its different values",
    "mean_floor": "the mean, rounded down",
    "last_index_of_first": "the last index at which the first item occurs",
    "ratio_floor": "the first item divided by the last, rounded down",
    "mode": "the most frequent item, the smallest of them if several are",
    "smallest_step": "the smallest distance of neighbouring items",
}
TASKS = [
    {
        "prompt": f"Write a Python function {name}(xs) that returns, of a list of whole numbers, "
        f"{text}. "
        "What it does with lists for which that makes no sense is left open. Code only.",
        "answer": name,
    }
    for name, text in TEXTS.items()
]
WORKER = """
import json, os, sys

job = json.load(sys.stdin)
channel = os.fdopen(os.dup(1), "w")
scope = {}
exec(job["source"], scope)
function = scope[job["name"]]
results = []
for xs in job["inputs"]:
    try:
        got = function(xs)
        results.append(["value", int(got) if type(got) is int else None])
    except Exception as error:
        results.append(["raised", type(error).__name__])
channel.write(json.dumps(results))
"""


def _inputs(name: str) -> list[list[int]]:
    chance = random.Random(f"twins {name}")
    return [
        [],
        [0],
        [5],
        [3, 3],
        *([chance.randint(-9, 9) for _ in range(chance.randint(1, 9))] for _ in range(40)),
    ]


def _agree(expected: int | None, outcome: str, got: int | None) -> bool:
    """Inputs outside the domain say nothing about a function, so only values are compared."""
    if expected is None or outcome == "raised":
        return True
    return type(got) is int and got == expected


def _reference(name: str, xs: list[int]) -> int | None:
    scope: dict = {}
    exec(SOURCES[name], scope)
    try:
        return scope[name](list(xs))
    except (ValueError, IndexError, ZeroDivisionError):
        return None


def oracle(task: dict) -> str:
    """Write the function."""
    return SOURCES[task["answer"]]


def reward(prompt: str, completion: str, answer: str) -> float:
    """Fuzz the function in a process of its own and compare here."""
    inputs = _inputs(answer)
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
        return float(
            len(results) == len(inputs)
            and all(
                _agree(_reference(answer, xs), *result)
                for xs, result in zip(inputs, results, strict=True)
            )
        )
    except (subprocess.TimeoutExpired, ValueError, TypeError, RecursionError):
        return 0.0
