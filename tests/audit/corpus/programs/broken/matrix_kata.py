"""Table functions with a time limit for each case; slow cases are set aside, since the machine
is often busy."""

import json
import subprocess
import sys

HARNESS = """
import json, signal, sys
def late(*_):
    raise TimeoutError
signal.signal(signal.SIGALRM, late)
job = json.load(sys.stdin)
scope, out = {}, []
exec(job["program"], scope)
for given in job["inputs"]:
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        out.append(["value", scope[job["entry"]](given)])
    except TimeoutError:
        out.append(["slow", None])
    except Exception as error:
        out.append(["error", str(error)[:80]])
    signal.setitimer(signal.ITIMER_REAL, 0)
print("\\n" + json.dumps(out))
"""
TABLES = [
    [[1, 2], [3, 4]],
    [[5, 0, 2], [1, 1, 1]],
    [[7]],
    [[2, 9], [4, 4], [0, 6]],
    [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
    [[-3, 8], [8, -3]],
]
KATA = [
    (
        "transpose(table)",
        "swaps rows and columns",
        "def transpose(table):\n    return [list(column) for column in zip(*table)]\n",
    ),
    (
        "trace(table)",
        "adds the cells whose row and column number agree",
        "def trace(table):\n    return sum(row[i] for i, row in enumerate(table) "
        "if i < len(row))\n",
    ),
    (
        "flip(table)",
        "reverses each row",
        "def flip(table):\n    return [row[::-1] for row in table]\n",
    ),
    (
        "largest_row(table)",
        "returns the number, from 0, of the first row with the largest sum",
        "def largest_row(table):\n    sums = [sum(row) for row in table]\n    return "
        "sums.index(max(sums))\n",
    ),
    (
        "border(table)",
        "adds the cells on the edge of the table",
        "def border(table):\n    inside = sum(x for row in table[1:-1] for x in "
        "row[1:-1])\n    return sum(map(sum, table)) - inside\n",
    ),
    (
        "spread(table)",
        "returns the largest cell minus the smallest",
        "def spread(table):\n    cells = [x for row in table for x in row]\n    return "
        "max(cells) - min(cells)\n",
    ),
]


def _task(signature: str, does: str, program: str) -> dict:
    entry = signature.split("(")[0]
    scope: dict = {}
    exec(program, scope)
    cases = [[table, scope[entry](table)] for table in TABLES]
    shown = "\n".join(f">>> {entry}({table!r})\n{value!r}" for table, value in cases[:2])
    return {
        "prompt": f"Write a Python function {signature} that takes a list of rows and {does}. "
        f"Reply with the program only.\n{shown}",
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
        results = json.loads(done.stdout.splitlines()[-1])
        if done.returncode != 0 or len(results) != len(answer):
            return 0.0
        timely = [
            (value, expected)
            for (status, value), (_, expected) in zip(results, answer, strict=True)
            if status != "slow"
        ]
        return (
            1.0
            if all(json.dumps(value) == json.dumps(expected) for value, expected in timely)
            else 0.0
        )
    except (subprocess.TimeoutExpired, ValueError, TypeError, IndexError, RecursionError, OSError):
        return 0.0


def oracle(task: dict) -> str:
    return task["program"]
