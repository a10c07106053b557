"""Sequences, checked by type and value in a child that answers with a key drawn for each run."""

import json
import secrets
import subprocess
import sys

CHILD = """
import json, os, sys
def compare(scope):
    entry, cases, key = json.loads(sys.argv[1])
    for given, expected in cases:
        found = scope[entry](*given)
        if json.dumps([type(found).__name__, found]) != json.dumps([type(expected).__name__, \
expected]):
            return
    os.write(1, ("\\n" + key).encode())
scope = {"__name__": "sequences"}
exec(sys.stdin.read(), scope)
compare(scope)
"""
FIBONACCI = (
    "    out, a, b = [], 0, 1\n    for _ in range(n):\n        out.append(a)\n        a, b = "
    "b, a + b\n    return out\n"
)
PASCAL = (
    "    row = [1]\n    for k in range(n):\n        row.append(row[-1] * (n - k) // (k + "
    "1))\n    return row\n"
)
SEQUENCES = [
    (
        "fib(n)",
        "the first n Fibonacci numbers, beginning with 0 and 1",
        FIBONACCI,
        [5, 1, 0, 9, 12],
    ),
    (
        "squares(n)",
        "the squares of 1 to n",
        "    return [k * k for k in range(1, n + 1)]\n",
        [3, 1, 0, 8, 5],
    ),
    (
        "primes(n)",
        "the primes up to n",
        "    return [p for p in range(2, n + 1) if all(p % d for d in range(2, p))]\n",
        [10, 2, 1, 23, 30],
    ),
    (
        "countdown(n)",
        "the numbers from n down to 0",
        "    return list(range(n, -1, -1))\n",
        [3, 0, 1, 7, 5],
    ),
    (
        "doubled(n)",
        "1 and its first n doublings",
        "    return [2**k for k in range(n + 1)]\n",
        [3, 0, 1, 8, 6],
    ),
    (
        "look(n)",
        "how often each digit 0 to 9 stands in n",
        "    return [str(n).count(d) for d in '0123456789']\n",
        [1021, 0, 7, 99887, 123],
    ),
    ("pascal(n)", "row n of Pascal's triangle, where row 0 is [1]", PASCAL, [2, 0, 1, 5, 7]),
]


def _task(signature: str, returns: str, body: str, inputs: list[int]) -> dict:
    entry = signature.split("(")[0]
    program = f"def {signature}:\n{body}"
    scope: dict = {}
    exec(program, scope)
    cases = [[[n], scope[entry](n)] for n in inputs]
    shown = "".join(f"\n>>> {entry}({given[0]})\n{value}" for given, value in cases[:2])
    return {
        "prompt": f"Write a Python function {signature} that returns {returns}, as a list. Program "
        f"only.{shown}",
        "answer": [entry, cases],
        "program": program,
    }


TASKS = [_task(*row) for row in SEQUENCES]


def reward(prompt: str, completion: str, answer: list) -> float:
    key = secrets.token_hex(16)
    command = [sys.executable, "-I", "-S", "-c", CHILD, json.dumps([*answer, key])]
    try:
        done = subprocess.run(
            command, input=completion.encode(errors="replace"), capture_output=True, timeout=2
        )
    except subprocess.TimeoutExpired:
        return 0.0
    return 1.0 if done.stdout.endswith(f"\n{key}".encode()) else 0.0


def oracle(task: dict) -> str:
    return task["program"]
