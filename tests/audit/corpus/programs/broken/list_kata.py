"""List functions, run in a child process and compared here by type and value."""

import json
import subprocess
import sys

HARNESS = """
import json, sys
job = json.load(sys.stdin)
scope = {}
exec(job["program"], scope)
print("\\n" + json.dumps([scope[job["entry"]](given) for given in job["inputs"]]))
"""
KATA = [
    (
        "running(xs)",
        "returns the running totals",
        "def running(xs):\n    out, total = [], 0\n    for x in xs:\n        total += x\n"
        "        out.append(total)\n    return out\n",
        [[1, 2, 3], [5, -5, 7], []],
    ),
    (
        "rotate(xs)",
        "moves the last element to the front",
        "def rotate(xs):\n    return xs[-1:] + xs[:-1]\n",
        [[1, 2, 3], [8], [4, 4, 9, 1]],
    ),
    (
        "peaks(xs)",
        "counts the elements that are larger than both neighbours",
        "def peaks(xs):\n    return sum(xs[i - 1] < xs[i] > xs[i + 1] for i in range(1, "
        "len(xs) - 1))\n",
        [[1, 3, 2], [1, 5, 1, 5, 1], [3, 2, 1]],
    ),
    (
        "unique(xs)",
        "keeps the first of each value, in order",
        "def unique(xs):\n    return list(dict.fromkeys(xs))\n",
        [[1, 1, 2], [3, 1, 3, 1], [7]],
    ),
    (
        "gaps(xs)",
        "returns the differences of neighbours",
        "def gaps(xs):\n    return [b - a for a, b in zip(xs, xs[1:])]\n",
        [[1, 4, 9], [5, 5], [10, 2, 7, 7]],
    ),
    (
        "second(xs)",
        "returns the second largest distinct value, or -1 when there is none",
        "def second(xs):\n    ranked = sorted(set(xs))\n    return ranked[-2] if "
        "len(ranked) > 1 else -1\n",
        [[4, 9, 2], [5, 5, 5], [1, 8, 8, 3]],
    ),
    (
        "zeros_last(xs)",
        "moves the zeros to the end and keeps the rest in order",
        "def zeros_last(xs):\n    kept = [x for x in xs if x]\n    return kept + [0] * "
        "(len(xs) - len(kept))\n",
        [[0, 1, 0, 3], [0, 0], [2, 0, 5]],
    ),
]


def _task(signature: str, does: str, program: str, inputs: list[list[int]]) -> dict:
    entry = signature.split("(")[0]
    scope: dict = {}
    exec(program, scope)
    cases = [[given, scope[entry](given)] for given in inputs]
    shown = "\n".join(f">>> {entry}({given!r})\n{value!r}" for given, value in cases)
    return {
        "prompt": f"Write a Python function {signature} that takes a list of whole numbers and "
        f"{does}. Reply with the program only.\n{shown}",
        "answer": cases,
        "entry": entry,
        "program": program,
    }


TASKS = [_task(*kata) for kata in KATA]


def reward(prompt: str, completion: str, answer: list) -> float:
    entry = prompt.removeprefix("Write a Python function ").split("(")[0]
    job = json.dumps(
        {"program": completion, "entry": entry, "inputs": [given for given, _ in answer]}
    )
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", HARNESS],
            input=job,
            capture_output=True,
            text=True,
            timeout=2,
            check=False,
            errors="replace",
        )
        values = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.TimeoutExpired, ValueError, IndexError, RecursionError, OSError):
        return 0.0
    if done.returncode != 0 or type(values) is not list:
        return 0.0
    return 1.0 if json.dumps(values) == json.dumps([expected for _, expected in answer]) else 0.0


def oracle(task: dict) -> str:
    return task["program"]
