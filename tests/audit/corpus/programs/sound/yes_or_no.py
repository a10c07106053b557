"""Yes-or-no functions of two small numbers: all pairs are asked, and one slip costs everything."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile

LIMIT_SECONDS = 1.5
LIMIT_BYTES = 200_000
DOMAIN = range(2, 61)

RULES = {
    "coprime": (
        "not any(a % d == 0 == b % d for d in range(2, a + 1))",
        "a and b have no common divisor above 1",
    ),
    "same_digits": (
        "sorted(str(a)) == sorted(str(b))",
        "a and b consist of the same decimal digits, equally often",
    ),
    "divides": ("b % a == 0", "a divides b"),
    "shares_bit": ("a & b != 0", "a and b have a common one in their binary forms"),
    "sum_is_even": ("(a + b) % 2 == 0", "the sum of a and b is even"),
    "within_tenth": ("10 * abs(a - b) <= a", "b differs from a by at most a tenth of a"),
    "ends_alike": ("a % 10 == b % 10", "a and b have the same last decimal digit"),
    "product_over": ("a * b > 600", "the product of a and b is larger than 600"),
    "square_sum": (
        "any(r * r == a + b for r in range(2, a + b))",
        "the sum of a and b is a square number",
    ),
}
TASKS = [
    {
        "prompt": f"Write a Python function {name}(a, b) of two integers from 2 to 60 that returns "
        f"True if {text}, and False if not. Code only.",
        "answer": name,
    }
    for name, (_, text) in RULES.items()
]
WORKER = """
import json, os, resource, sys

resource.setrlimit(resource.RLIMIT_CPU, (2, 2))
resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
source, name, questions = json.loads(sys.stdin.read())
channel = os.dup(1)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
scope = {"__name__": "submission"}
exec(source, scope)
replies = [scope[name](a, b) for a, b in questions]
os.write(channel, json.dumps([value if type(value) is bool else None for value in \
replies]).encode())
"""


def _replies(completion: str, name: str, questions: list[tuple[int, int]]) -> object:
    """Run the worker; None for whatever goes wrong in it."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as out:
        command = [sys.executable, "-I", "-S", "-c", WORKER]
        child = subprocess.Popen(
            command,
            cwd=folder,
            env={},
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            child.communicate(
                json.dumps([completion, name, questions]).encode(), timeout=LIMIT_SECONDS
            )
        except subprocess.TimeoutExpired:
            return None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        out.seek(0)
        written = out.read(LIMIT_BYTES)
    try:
        return json.loads(written)
    except (ValueError, RecursionError):
        return None


def _questions(name: str) -> list[tuple[int, int]]:
    """Ask about every pair of the domain, in mixed order."""
    pairs = [(a, b) for a in DOMAIN for b in DOMAIN]
    return random.Random(f"yes or no {name}").sample(pairs, len(pairs))


def oracle(task: dict) -> str:
    """Write the rule down."""
    return f"def {task['answer']}(a, b):\n    return {RULES[task['answer']][0]}\n"


def reward(prompt: str, completion: str, answer: str) -> float:
    """Pay when all questions are answered by the right truth value; numbers and words are none."""
    questions = _questions(answer)
    decide = eval(f"lambda a, b: {RULES[answer][0]}")
    replies = _replies(completion, answer, questions)
    if type(replies) is not list or len(replies) != len(questions):
        return 0.0
    return float(all(got is decide(a, b) for got, (a, b) in zip(replies, questions, strict=True)))
