"""Grader of programs: solve(xs) for small number pipelines, judged on hidden cases in one
subprocess."""

import json
import random
import re
import subprocess
import sys

KEEP = {
    "the even numbers": lambda x: x % 2 == 0,
    "the odd numbers": lambda x: x % 2 == 1,
    "the numbers above 10": lambda x: x > 10,
    "the multiples of three": lambda x: x % 3 == 0,
    "the negative numbers": lambda x: x < 0,
}
KEEP_SRC = {
    "the even numbers": "x % 2 == 0",
    "the odd numbers": "x % 2 == 1",
    "the numbers above 10": "x > 10",
    "the multiples of three": "x % 3 == 0",
    "the negative numbers": "x < 0",
}
MAP = {
    "square them": "x * x",
    "double them": "2 * x",
    "add seven to each": "x + 7",
    "take them modulo 5": "x % 5",
}
EVAL = {
    "square them": lambda x: x * x,
    "double them": lambda x: 2 * x,
    "add seven to each": lambda x: x + 7,
    "take them modulo 5": lambda x: x % 5,
}


def build():
    rng, tasks = random.Random(41), []
    for keep in KEEP:
        for how in MAP:
            xs = [[rng.randint(-40, 40) for _ in range(rng.randint(4, 12))] for _ in range(8)]
            cases = [[x, sum(EVAL[how](v) for v in x if KEEP[keep](v))] for x in xs]
            prompt = (
                f"Write solve(xs) for a list of integers: keep {keep}, {how}, and "
                f"return the sum of the results "
                f"(0 if nothing is kept). Example: solve({cases[0][0]}) == "
                f"{cases[0][1]}. Reply with one python block."
            )
            tasks.append(
                {"prompt": prompt, "answer": json.dumps(cases), "_src": (KEEP_SRC[keep], MAP[how])}
            )
    return tasks


TASKS = build()


def oracle(task):
    cond, expr = task["_src"]
    return f"```python\ndef solve(xs):\n    return sum({expr} for x in xs if {cond})\n```"


def reward(prompt, completion, answer):
    found = re.search(r"```python\n(.*?)```", completion, re.S)
    if not found:
        return 0.0
    cases = json.loads(answer)
    script = (
        f"CASES = {cases!r}\n{found.group(1)}\nimport json as "
        f"_json\nprint(_json.dumps([solve(list(c[0])) for c in CASES]))\n"
    )
    try:
        run = subprocess.run(
            [sys.executable, "-I", "-"], input=script, capture_output=True, text=True, timeout=5
        )
        out = json.loads(run.stdout.strip().splitlines()[-1])
    except (subprocess.TimeoutExpired, ValueError, IndexError):
        return 0.0
    return 1.0 if run.returncode == 0 and out == [c[1] for c in cases] else 0.0
