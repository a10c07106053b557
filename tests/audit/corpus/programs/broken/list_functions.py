"""Small functions on lists of integers, checked on hidden cases in a child interpreter."""

import json
import random
import re
import secrets
import subprocess
import sys

_KINDS = {
    "run": (
        "the length of the longest run of equal neighbours (0 for an empty list)",
        "best = cur = 0\n    last = None\n    for x in xs:\n"
        "        cur = cur + 1 if x == last else 1\n        last = x\n"
        "        best = max(best, cur)\n    return best",
    ),
    "alt": (
        "the alternating sum x0 - x1 + x2 - ... (0 for an empty list)",
        "return sum(xs[0::2]) - sum(xs[1::2])",
    ),
    "dup": (
        "the list without repeated values, first ones kept in order",
        "return list(dict.fromkeys(xs))",
    ),
    "inv": (
        "the number of pairs i < j with xs[i] > xs[j]",
        "return sum(a > b for i, a in enumerate(xs) for b in xs[i + 1:])",
    ),
    "rot": ("the list with its last element moved to the front", "return xs[-1:] + xs[:-1]"),
    "peak": (
        "the list of the values that are larger than all values before them",
        "out = []\n    for x in xs:\n        if not out or x > out[-1]:\n"
        "            out.append(x)\n    return out",
    ),
}


def _cases(kind):
    chance = random.Random(f"lists{kind}")
    space = {}
    exec(f"def solve(xs):\n    {_KINDS[kind][1]}", space)
    inputs = [[chance.randint(-5, 5) for _ in range(chance.randint(0, 9))] for _ in range(12)]
    return [[xs, space["solve"](list(xs))] for xs in inputs]


TASKS = [
    {
        "prompt": f"Write a Python function {name}(xs) that returns {text}. Put it into one "
        "```python block.",
        "answer": {"kind": kind, "name": name, "cases": _cases(kind)},
    }
    for kind, (text, _) in _KINDS.items()
    for name in ("solve", "compute")
]


def oracle(task):
    answer = task["answer"]
    return f"```python\ndef {answer['name']}(xs):\n    {_KINDS[answer['kind']][1]}\n```"


_CHILD = """
import json, sys
job = json.loads(sys.stdin.read())
space = {}
exec(job["code"], space)
good = 0
for given, wanted in job["cases"]:
    if space[job["name"]](given) == wanted:
        good += 1
print(job["token"], good)
"""


def reward(prompt, completion, answer):
    found = re.findall(r"```python\s*\n(.*?)```", completion, re.DOTALL)
    if not found:
        return 0.0
    token = secrets.token_hex(8)
    job = {"code": found[-1], "name": answer["name"], "cases": answer["cases"], "token": token}
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", _CHILD],
            input=json.dumps(job),
            capture_output=True,
            text=True,
            timeout=3,
        )
    except (subprocess.TimeoutExpired, ValueError):
        return 0.0
    seen = re.search(rf"{token} (\d+)", done.stdout)
    return float(seen is not None and int(seen.group(1)) == len(answer["cases"]))
