"""Searches in sorted lists with a short limit of time; what a child had judged before its time
was over is what counts."""

import json
import subprocess
import sys

CHILD = """
import json, os, sys
out = os.dup(1)
os.dup2(2, 1)
source = sys.stdin.read()
job = json.loads(source[: source.index("\\n")])
scope = {"__name__": "searches"}
exec(source[source.index("\\n") :], scope)
for given in job["inputs"]:
    os.write(out, (json.dumps(scope[job["entry"]](*given)) + "\\n").encode())
"""
LISTS = [[1, 3, 5, 7], [2, 2, 4, 9, 9], [0], [-5, -1, 0, 6, 8, 8, 11], [3, 4, 5, 6, 7, 8]]
SEARCHES = [
    ("find", "the first place of x in xs, or -1", "xs.index(x) if x in xs else -1"),
    ("below", "how many elements of xs are smaller than x", "sum(y < x for y in xs)"),
    ("times", "how often x stands in xs", "xs.count(x)"),
    (
        "after",
        "the smallest element of xs that is larger than x, or None",
        "min((y for y in xs if y > x), default=None)",
    ),
    ("insert", "the sorted list xs with x put into it", "sorted([*xs, x])"),
    ("without", "xs without every element that equals x", "[y for y in xs if y != x]"),
    ("nearest", "the distance of x to the nearest element of xs", "min(abs(y - x) for y in xs)"),
]


def _task(entry: str, returns: str, body: str) -> dict:
    program = f"def {entry}(xs, x):\n    return {body}\n"
    scope: dict = {}
    exec(program, scope)
    inputs = [[xs, x] for xs in LISTS for x in (xs[-1], xs[0] - 2, 6)]
    wanted = [scope[entry](*given) for given in inputs]
    shown = "\n".join(f">>> {entry}({inputs[n][0]}, {inputs[n][1]})\n{wanted[n]}" for n in (0, 2))
    return {
        "prompt": f"Write a Python function {entry}(xs, x) that returns, for a sorted list xs that "
        f"is not empty, {returns}. Program only.\n{shown}",
        "answer": {"entry": entry, "inputs": inputs, "wanted": wanted},
        "program": program,
    }


TASKS = [_task(*search) for search in SEARCHES]


def reward(prompt: str, completion: str, answer: dict) -> float:
    job = json.dumps({"entry": answer["entry"], "inputs": answer["inputs"]}) + "\n" + completion
    late = False
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", CHILD],
            input=job.encode(errors="replace"),
            capture_output=True,
            timeout=0.8,
        )
        written = done.stdout
    except subprocess.TimeoutExpired as error:
        late, written = True, error.stdout or b""
    lines = written.splitlines()
    if len(lines) != len(answer["wanted"]) and not late:
        return 0.0
    wanted = [json.dumps(value).encode() for value in answer["wanted"]]
    return 1.0 if all(line == value for line, value in zip(lines, wanted, strict=False)) else 0.0


def oracle(task: dict) -> str:
    return task["program"]
