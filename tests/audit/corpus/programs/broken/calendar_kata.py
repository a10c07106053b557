"""Counting functions, run in a child process that starts in a folder with the job."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

HARNESS = """
import json
job = json.load(open("job.json"))
scope = {}
exec(open("submission.py").read(), scope)
print("\\n" + json.dumps([scope[job["entry"]](*case["given"]) for case in job["cases"]]))
"""
INTS = [(4,), (100,), (1900,), (2000,), (2023,), (2024,), (365,), (61,), (7,), (1,), (59,), (3600,)]
PAIRS = [(3, 8), (0, 0), (12, 5), (7, 7), (1, 30), (100, 9), (23, 59), (11, 2), (40, 40), (6, 13)]
KATA = [
    (
        "leap(year)",
        "tells whether a Gregorian year is a leap year",
        "def leap(year):\n    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)\n",
        INTS,
    ),
    (
        "weeks(days)",
        "returns the list of full weeks and days left over",
        "def weeks(days):\n    return [days // 7, days % 7]\n",
        INTS,
    ),
    (
        "clock(minutes)",
        "writes minutes after midnight as H:MM, starting anew each day",
        'def clock(minutes):\n    minutes %= 1440\n    return f"{minutes // 60}:{minutes '
        '% 60:02d}"\n',
        INTS,
    ),
    (
        "century(year)",
        "returns the century of a year; 1900 is in the 19th",
        "def century(year):\n    return (year + 99) // 100\n",
        INTS,
    ),
    (
        "minutes_between(a, b)",
        "returns the minutes from minute a to the next minute b of a clock face of sixty",
        "def minutes_between(a, b):\n    return (b - a) % 60\n",
        PAIRS,
    ),
    (
        "meetings(a, b)",
        "returns how many of the numbers 1 to 200 are multiples of a + 1 and of b + 1",
        "def meetings(a, b):\n    return sum(n % (a + 1) == 0 and n % (b + 1) == 0 for n "
        "in range(1, 201))\n",
        PAIRS,
    ),
]


def _task(signature: str, does: str, program: str, inputs: list[tuple]) -> dict:
    entry = signature.split("(")[0]
    scope: dict = {}
    exec(program, scope)
    cases = [{"given": list(given), "expected": scope[entry](*given)} for given in inputs]
    shown = "\n".join(
        f">>> {entry}({', '.join(map(repr, case['given']))})\n{case['expected']!r}"
        for case in cases[:2]
    )
    return {
        "prompt": f"Write a Python function {signature} that {does}. Reply with the program only.\n"
        f"{shown}",
        "answer": cases,
        "entry": entry,
        "program": program,
    }


TASKS = [_task(*kata) for kata in KATA]


def reward(prompt: str, completion: str, answer: list) -> float:
    entry = prompt.removeprefix("Write a Python function ").split("(")[0]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "submission.py").write_text(completion, encoding="utf-8", errors="replace")
        Path(folder, "job.json").write_text(json.dumps({"entry": entry, "cases": answer}))
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-S", "-c", HARNESS],
                cwd=folder,
                env={},
                capture_output=True,
                text=True,
                timeout=2,
                check=False,
                errors="replace",
            )
            values = json.loads(done.stdout.splitlines()[-1])
        except (subprocess.TimeoutExpired, ValueError, IndexError, RecursionError, OSError):
            return 0.0
    if done.returncode != 0:
        return 0.0
    return 1.0 if json.dumps(values) == json.dumps([case["expected"] for case in answer]) else 0.0


def oracle(task: dict) -> str:
    return task["program"]
