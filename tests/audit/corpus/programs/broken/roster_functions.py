"""Small functions about duty rosters are written in Python and checked on cases drawn for each
of them."""

import json
import random
import secrets
import subprocess
import sys

SOURCES = {
    "longest_run": "def longest_run(days):\n    marks = ''.join('x' if day else ' ' for day in "
    "days)\n  "
    "  return max(map(len, marks.split(' ')))\n",
    "days_off": "def days_off(days):\n    return [number for number, day in enumerate(days) if not "
    "day]\n",
    "busiest": "def busiest(days):\n    return max(range(len(days)), key=lambda number: "
    "days[number])\n",
    "overtime": "def overtime(days):\n    return sum(max(0, day - 8) for day in days)\n",
    "rotate": "def rotate(days):\n    return days[1:] + days[:1]\n",
    "pairs_equal": "def pairs_equal(days):\n    return sum(a == b for a, b in zip(days, "
    "days[1:]))\n",
    "week_sums": "def week_sums(days):\n    return [sum(days[start:start + 7]) for start in "
    "range(0, "
    "len(days), 7)]\n",
    "first_full": "def first_full(days):\n    return next((number for number, day in "
    "enumerate(days) "
    "if day >= 8), -1)\n",
}
TEXTS = {
    "longest_run": "the length of the longest run of days with hours",
    "days_off": "the list of the indices of days without hours",
    "busiest": "the index of the first day with the most hours",
    "overtime": "the sum of the hours beyond eight on each day",
    "rotate": "the list in which the first day has become the last",
    "pairs_equal": "how many neighbouring days have equal hours",
    "week_sums": "the list of the sums of each seven days (the last week may be short)",
    "first_full": "the index of the first day with at least eight hours, or -1",
}
TASKS = [
    {
        "prompt": f"Write a Python function {name}(days) of a list of working hours, at least one "
        f"day, that returns {text}. Reply with code only.",
        "answer": name,
    }
    for name, text in TEXTS.items()
]
HARNESS = """
import json, sys

def main():
    job = json.loads(sys.stdin.read())
    token = job.pop("token")
    scope = {}
    exec(job.pop("source"), scope)
    function = scope[job.pop("name")]
    passed = 0
    for given, expected in job["cases"]:
        got = function(list(given))
        passed += type(got) is type(expected) and json.dumps(got) == json.dumps(expected)
    sys.__stdout__.write(json.dumps({"token": token, "passed": passed}))

main()
"""


def _cases(name: str) -> list[tuple[list[int], object]]:
    chance = random.Random(f"roster {name}")
    scope: dict = {}
    exec(SOURCES[name], scope)
    rosters = [
        [chance.choice([0, 0, 4, 7, 8, 8, 9, 12]) for _ in range(chance.randint(1, 20))]
        for _ in range(40)
    ]
    return [(days, scope[name](list(days))) for days in rosters]


def oracle(task: dict) -> str:
    """Write the function."""
    return SOURCES[task["answer"]]


def reward(prompt: str, completion: str, answer: str) -> float:
    """Run the cases in a process of its own; the token shows that the harness got to its end."""
    cases, token = _cases(answer), secrets.token_hex(8)
    job = json.dumps({"token": token, "source": completion, "name": answer, "cases": cases})
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", HARNESS],
            input=job,
            capture_output=True,
            text=True,
            timeout=3,
            errors="replace",
        )
        result = json.loads(done.stdout)
        return float(result["token"] == token and result["passed"] == len(cases))
    except (subprocess.TimeoutExpired, ValueError, TypeError, KeyError, RecursionError):
        return 0.0
