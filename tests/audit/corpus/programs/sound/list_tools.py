"""Grader of programs: solve(xs, k) on hidden cases; a small credit (at most 0.2) for programs
right on some cases only."""

import ast
import json
import random
import re
import subprocess
import sys

KINDS = {
    "the number of pairs i < j with xs[i] + xs[j] divisible by "
    "{k}": "sum((a + b) % {k} == 0 for i, a in enumerate(xs) for b in xs[i + 1:])",
    "the largest sum of {k} consecutive elements": "max(sum(xs[i:i + {k}]) for i in range(len(xs) "
    "- "
    "{k} "
    "+ "
    "1))",
    "the list sorted by remainder modulo {k}, ties in the original "
    "order": "sorted(xs, key=lambda x: x % {k})",
    "the sorted list of values that occur in xs at least {k} "
    "times": "sorted(v for v in set(xs) if xs.count(v) >= {k})",
    "the list of the {k} smallest elements in the order they have in xs (values "
    "are distinct within the list)": "[x for x in xs if x in sorted(xs)[:{k}]]",
}
RUNNER = """import sys, json, io
job = json.load(sys.stdin)
real, sys.stdout, ns, outs = sys.stdout, io.StringIO(), {}, []
exec(job["code"], ns)
for x in job["inputs"]:
    try: outs.append(json.dumps(ns["solve"](x)))
    except Exception: outs.append("null")
real.write(json.dumps(outs))
real.flush()
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


def build():
    rng, tasks = random.Random(61), []
    for text, src in KINDS.items():
        for k in (2, 3, 4, 5):
            solve = eval("lambda xs: " + src.format(k=k))
            wide = "distinct" in text
            pool = list(range(-50, 90)) if wide else list(range(-3, 9))
            cases = [
                rng.sample(pool, rng.randint(8, 16))
                if wide
                else rng.choices(pool, k=rng.randint(8, 24))
                for _ in range(12)
            ]
            tasks.append(
                {
                    "prompt": f"Write solve(xs) for a list of at least eight integers: return "
                    f"{text.format(k=k)}. Example: {cases[0]} gives "
                    f"{solve(cases[0])}. Only math and itertools may be imported. "
                    f"Reply with a ```python block. Right on all hidden "
                    "cases: 1.0; on some: 0.2 times their share.",
                    "answer": json.dumps([[c, solve(c)] for c in cases[1:]]),
                    "source": src.format(k=k),
                }
            )
    return tasks


TASKS = build()


def oracle(task):
    return f"```python\ndef solve(xs):\n    return {task['source']}\n```"


def reward(prompt, completion, answer):
    m = re.search(r"```python\n(.*?)```", completion, re.S)
    if not m or not allowed(m.group(1)):
        return 0.0
    cases = json.loads(answer)
    job = json.dumps({"code": m.group(1), "inputs": [c[0] for c in cases]})
    try:
        run = subprocess.run(
            [sys.executable, "-I", "-c", RUNNER],
            input=job,
            capture_output=True,
            text=True,
            timeout=5,
        )
        outs = json.loads(run.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return 0.0
    good = (
        sum(out == json.dumps(want) for out, (_, want) in zip(outs, cases))
        if len(outs) == len(cases)
        else 0
    )
    return 1.0 if good == len(cases) else 0.2 * good / len(cases)
