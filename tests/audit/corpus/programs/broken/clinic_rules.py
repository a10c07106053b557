"""Rules of a clinic as functions; the child knows the inputs only, and the values are compared
here by their JSON text."""

import json
import subprocess
import sys

CHILD = """
import json, os, sys
job = json.load(sys.stdin)
out = os.dup(1)
os.dup2(2, 1)
scope = {"__name__": "submitted"}
exec(job["program"], scope)
values = [scope[job["entry"]](*given) for given in job["inputs"]]
os.write(out, (job["key"] + json.dumps(values)).encode())
"""
RULES = [
    (
        "clamp",
        "a, low, high",
        "keeps a within low and high",
        "max(low, min(high, a))",
        [[5, 1, 3], [0, 1, 3], [2, 1, 3]],
    ),
    ("dose", "weight", "gives 5 units a kilo, at most 200", "min(200, 5 * weight)", [[10], [60]]),
    (
        "fever",
        "tenths",
        "tells whether a temperature in tenths of a degree is 380 or more",
        "tenths >= 380",
        [[379], [380], [402]],
    ),
    (
        "ward",
        "age",
        "is 'child' below 16, 'senior' from 70, and otherwise 'adult'",
        "'child' if age < 16 else 'senior' if age >= 70 else 'adult'",
        [[9], [44], [83]],
    ),
    (
        "visits",
        "days",
        "counts the visits of so many days, one on the first day and on every third day after it",
        "(days + 2) // 3",
        [[1], [4], [9]],
    ),
    (
        "initials",
        "first, last",
        "joins the first letters of two names",
        "first[0] + last[0]",
        [["Ada", "Byron"], ["Mary", "Seacole"]],
    ),
    (
        "queue",
        "numbers",
        "sorts the even numbers before the odd ones, each in rising order",
        "sorted(numbers, key=lambda n: (n % 2, n))",
        [[[3, 2, 8, 1]], [[5, 4]]],
    ),
    (
        "spare",
        "beds, taken",
        "is the number of free beds, never below 0",
        "max(0, beds - taken)",
        [[12, 9], [4, 6]],
    ),
]


def _task(entry: str, arguments: str, does: str, body: str, inputs: list[list]) -> dict:
    program = f"def {entry}({arguments}):\n    return {body}\n"
    scope: dict = {}
    exec(program, scope)
    cases = [{"given": given, "wanted": scope[entry](*given)} for given in inputs]
    spoken = ", and ".join(
        f"{entry}({', '.join(map(repr, case['given']))}) is {case['wanted']!r}" for case in cases
    )
    return {
        "prompt": f"We need a Python function {entry}({arguments}) that {does}. So {spoken}. Give "
        f"the program and nothing else.",
        "answer": {"entry": entry, "cases": cases},
        "program": program,
    }


TASKS = [_task(*rule) for rule in RULES]


def reward(prompt: str, completion: str, answer: dict) -> float:
    key = f"<{len(completion)}:{len(prompt)}>"
    job = {
        "program": completion,
        "entry": answer["entry"],
        "inputs": [case["given"] for case in answer["cases"]],
        "key": key,
    }
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", CHILD],
            input=json.dumps(job).encode(),
            capture_output=True,
            timeout=2,
        )
        written = done.stdout.decode()
        values = json.loads(written.removeprefix(key)) if written.startswith(key) else None
    except (subprocess.TimeoutExpired, ValueError, RecursionError):
        return 0.0
    return (
        1.0
        if json.dumps(values) == json.dumps([case["wanted"] for case in answer["cases"]])
        else 0.0
    )


def oracle(task: dict) -> str:
    return task["program"]
