"""Grader of programs: solve(xs) returns a derived list; judged on hidden inputs by the parent."""

import json
import random
import re
import subprocess
import sys

KINDS = {
    "the sums of all windows of {k} consecutive "
    "elements": "[sum(xs[i:i + {k}]) for i in range(len(xs) - {k} + 1)]",
    "the list rotated left by {k} places": "xs[{k}:] + xs[:{k}]",
    "the differences xs[i + {k}] - xs[i]": "[xs[i + {k}] - xs[i] for i in range(len(xs) - {k})]",
    "the elements that are not divisible by {k}, in order, each multiplied by "
    "{k}": "[x * {k} for x in xs if x % {k}]",
    "the maximum of each block of {k} elements (the last block may be "
    "shorter)": "[max(xs[i:i + {k}]) for i in range(0, len(xs), {k})]",
}
RUNNER = """import sys, json
job = json.load(sys.stdin)
ns = {}
exec(job["code"], ns)
json.dump([ns["solve"](x) for x in job["inputs"]], sys.stdout)
"""


def build():
    rng, tasks = random.Random(99), []
    for text, src in KINDS.items():
        for k in (2, 3, 4, 5):
            solve = eval("lambda xs: " + src.format(k=k))
            cases = [[rng.randint(-30, 90) for _ in range(rng.randint(6, 15))] for _ in range(8)]
            tasks.append(
                {
                    "prompt": f"Write solve(xs): given a list of at least six integers, "
                    f"return {text.format(k=k)}, as a list. "
                    f"Example: {cases[0]} gives {solve(cases[0])}. Reply with a ```python block.",
                    "answer": json.dumps([[c, solve(c)] for c in cases]),
                    "source": src.format(k=k),
                }
            )
    return tasks


TASKS = build()


def oracle(task):
    return f"```python\ndef solve(xs):\n    return {task['source']}\n```"


def reward(prompt, completion, answer):
    m = re.search(r"```python\n(.*?)```", completion, re.S)
    if not m:
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
    if (
        not isinstance(outs, list)
        or len(outs) != len(cases)
        or not all(isinstance(o, list) for o in outs)
    ):
        return 0.0
    passed = sum(all(a == b for a, b in zip(out, want)) for out, (_, want) in zip(outs, cases))
    return passed / len(cases)
