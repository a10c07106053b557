"""Grader of programs that read with input() and print; the layout of white space is forgiven,
the content is not."""

import ast
import json
import random
import re
import subprocess
import sys

KINDS = {
    "print every {k}th number of the list (positions {k}, 2*{k}, ...), one per "
    "line": "for i in range({k} - 1, len(xs), {k}): print(xs[i])",
    "print the numbers whose remainder modulo {k} is 1, on one line, in reverse "
    "order": "print(*[x for x in xs[::-1] if x % {k} == 1])",
    "print the running totals, each taken modulo "
    "{k}": "t = 0\nfor x in xs:\n    t += x\n    print(t % {k})",
    "print, for each remainder 0 to {k}-1, how many numbers have that remainder "
    "modulo {k}": "for r in range({k}): print(sum(x % {k} == r for x in xs))",
}
RUNNER = """import sys, json, io
job = json.load(sys.stdin)
real, outs = sys.stdout, []
for text in job["inputs"]:
    sys.stdin, sys.stdout = io.StringIO(text), io.StringIO()
    mine = sys.stdout
    try: exec(job["code"], {"__name__": "__main__"})
    except Exception: mine.write(" crashed")
    outs.append(mine.getvalue())
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


def source(kind, k):
    return (
        "n = int(input())\nxs = list(map(int, input().split()))\n" + KINDS[kind].format(k=k) + "\n"
    )


def run_all(code, inputs):
    job = json.dumps({"code": code, "inputs": inputs})
    for _ in range(3):  # a loaded machine may fail to start a process
        run = subprocess.run(
            [sys.executable, "-I", "-c", RUNNER],
            input=job,
            capture_output=True,
            text=True,
            timeout=20,
        )
        if run.stdout:
            break
    return json.loads(run.stdout)


def build():
    rng, tasks = random.Random(17), []
    for kind in KINDS:
        for k in (3, 4, 5, 7):
            lists = [[rng.randint(1, 200) for _ in range(rng.randint(15, 30))] for _ in range(8)]
            inputs = [f"{len(x)}\n{' '.join(map(str, x))}\n" for x in lists]
            outs = run_all(source(kind, k), inputs)
            tasks.append(
                {
                    "prompt": f"Write a Python program that reads n with input(), then a line "
                    f"of n positive integers, and must {kind.format(k=k)}. "
                    f"Print nothing else; spaces and line breaks may be placed "
                    f"freely. Only math and itertools may be imported. "
                    f"Example input:\n{inputs[0]}Its output:\n{outs[0]}\nReply with "
                    f"a ```python block.",
                    "answer": json.dumps([inputs[1:], [o.split() for o in outs[1:]]]),
                    "which": [kind, k],
                }
            )
    return tasks


TASKS = build()


def oracle(task):
    return "```python\n" + source(*task["which"]) + "```"


def reward(prompt, completion, answer):
    m = re.search(r"```(?:python|py)?\n(.*?)```", completion, re.S)
    if not m or not allowed(m.group(1)):
        return 0.0
    inputs, want = json.loads(answer)
    try:
        outs = run_all(m.group(1), inputs)
    except (subprocess.TimeoutExpired, ValueError):
        return 0.0
    return 1.0 if [o.split() for o in outs] == want else 0.0
