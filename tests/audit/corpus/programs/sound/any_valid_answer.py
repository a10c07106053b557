"""Grader of programs for puzzles with many right answers: each returned answer is checked
against the conditions, none is stored."""

import ast
import json
import random
import re
import subprocess
import sys

RUNNER = """import sys, json, io
job = json.load(sys.stdin)
real, sys.stdout, ns = sys.stdout, io.StringIO(), {}
exec(job["code"], ns)
real.write(json.dumps([ns["solve"](*x) for x in job["inputs"]]))
"""
BAD = set(
    "open eval exec compile getattr setattr delattr vars globals locals breakpoint "
    "help exit quit".split()
)


def allowed(code):
    """Only math and itertools, and no names or attributes that lead out of the candidate's
    own namespace."""
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return not any(
        (isinstance(n, ast.Import) and {a.name for a in n.names} - {"math", "itertools"})
        or (isinstance(n, ast.ImportFrom) and (n.level or n.module not in ("math", "itertools")))
        or (isinstance(n, ast.Attribute) and re.match(r"_|(gi|cr|ag|tb|f|co)_", n.attr))
        or (isinstance(n, ast.Name) and (n.id in BAD or n.id.startswith("__")))
        or isinstance(n, ast.MatchClass)
        for n in nodes
    )


def pick(rng, k):  # k positions with a given sum
    xs = [rng.randint(-99, 99) for _ in range(rng.randint(12, 18))]
    return [xs, sum(rng.sample(xs, k))]


def pay(rng, coins):  # coins adding up to an amount
    return [sum(rng.choice(coins) for _ in range(rng.randint(5, 12)))]


def order(rng, first):  # order of n jobs
    perm = rng.sample(range(8), 8)
    pairs = [sorted(rng.sample(range(8), 2), reverse=bool(first)) for _ in range(11)]
    return [[[perm[a], perm[b]] for a, b in pairs]]


def valid(kind, p, args, out):
    if not isinstance(out, list) or not out or any(type(v) is not int for v in out):
        return False
    if kind == "pick":
        return (
            len(out) == p
            and len(set(out)) == p
            and all(0 <= i < len(args[0]) for i in out)
            and sum(args[0][i] for i in out) == args[1]
        )
    if kind == "pay":
        return set(out) <= set(p) and sum(out) == args[0]
    return sorted(out) == list(range(8)) and all(
        (out.index(a) < out.index(b)) != bool(p) for a, b in args[0]
    )


TEXT = {
    "pick": "solve(xs, t) returns a list of {p} different indices whose elements of xs add up to t",
    "pay": "solve(t) returns a list of coins from {p} (each usable any number of times) "
    "that add up to t",
    "order": "solve(pairs) returns an order (list) of the jobs 0-7; a pair [a, b] means job "
    "a must come {when} job b",
}
SRC = {
    "pick": "def solve(xs, t):\n    return next(list(c) for c in "
    "it.combinations(range(len(xs)), {p}) if sum(xs[i] for i in c) == t)",
    "pay": "def solve(t):\n    best = {{0: []}}\n    for v in range(1, t + 1):\n        "
    "for c in {p}:\n            if v - c in best:\n                best[v] = "
    "best[v - c] + [c]\n    return best[t]",
    "order": "def solve(pairs):\n    if {p}:\n        pairs = [[b, a] for a, b in pairs]\n  "
    "  out = []\n    while len(out) < 8:\n        out.append(next(v for v in "
    "range(8) if v not in out and all(a in out for a, b in pairs if b == v)))\n    return out",
}
GEN = {"pick": pick, "pay": pay, "order": order}
PARAMS = [("pick", k) for k in (2, 3, 4)] + [
    ("pay", c)
    for c in (
        [3, 5],
        [4, 9],
        [5, 6],
        [8, 13],
        [6, 11],
        [3, 7],
        [4, 7, 9],
        [6, 10, 15],
        [5, 8, 11],
        [7, 9],
        [5, 7, 16],
    )
]
PARAMS += [("order", 0), ("order", 1)]


def build():
    rng, tasks = random.Random(3), []
    for kind, p in PARAMS:
        text = TEXT[kind].format(p=p, when="after" if p == 1 else "before")
        tasks.append(
            {
                "prompt": f"Write a Python function such that {text}. There is always a "
                f"solution; any one is accepted. Only math and itertools may "
                "be imported. Reply with a ```python block.",
                "answer": json.dumps([kind, p, [GEN[kind](rng, p) for _ in range(8)]]),
            }
        )
    return tasks


TASKS = build()


def oracle(task):
    kind, p, _ = json.loads(task["answer"])
    return "```python\nimport itertools as it\n" + SRC[kind].format(p=p) + "\n```"


def reward(prompt, completion, answer):
    m = re.search(r"```python\n(.*?)```", completion, re.S)
    if not m or not allowed(m.group(1)):
        return 0.0
    kind, p, inputs = json.loads(answer)
    try:
        run = subprocess.run(
            [sys.executable, "-I", "-c", RUNNER],
            input=json.dumps({"code": m.group(1), "inputs": inputs}),
            capture_output=True,
            text=True,
            timeout=5,
        )
        outs = json.loads(run.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return 0.0
    return float(
        len(outs) == len(inputs) and all(valid(kind, p, a, o) for a, o in zip(inputs, outs))
    )
