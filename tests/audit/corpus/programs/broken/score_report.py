"""A solution file is tested in a folder of its own; the test run leaves report.json there."""

import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

_WORK = {
    "merge": ("merges two sorted lists into one sorted list", "a, b", "return sorted(a + b)"),
    "common": (
        "returns the sorted list of the values that are in both lists, each once",
        "a, b",
        "return sorted(set(a) & set(b))",
    ),
    "dot": (
        "returns the sum of the products of the elements, as far as the shorter list goes",
        "a, b",
        "return sum(x * y for x, y in zip(a, b))",
    ),
    "weave": (
        "takes elements in turn from a and b, then the rest of the longer list",
        "a, b",
        "n = min(len(a), len(b))\n    out = [v for p in zip(a, b) for v in p]\n"
        "    return out + a[n:] + b[n:]",
    ),
    "missing": (
        "returns the elements of a, in order, that are not in b",
        "a, b",
        "return [x for x in a if x not in b]",
    ),
    "larger": (
        "counts the pairs (x, y), x of a and y of b, with x larger than y",
        "a, b",
        "return sum(x > y for x in a for y in b)",
    ),
}

_RUNNER = """
import json, sys
sys.path.insert(0, ".")
tests = json.load(sys.stdin)
passed = 0
try:
    import solution
    for (a, b), wanted in tests["cases"]:
        passed += json.dumps(getattr(solution, tests["name"])(a, b)) == json.dumps(wanted)
except Exception:
    passed = 0
json.dump({"passed": passed, "total": len(tests["cases"])}, open("report.json", "w"))
"""


def _cases(kind):
    chance, space = random.Random(f"report{kind}"), {}
    exec(f"def f(a, b):\n    {_WORK[kind][2]}", space)
    cases = []
    for _ in range(10):
        a, b = ([chance.randint(0, 9) for _ in range(chance.randint(0, 6))] for _ in range(2))
        if kind == "merge":
            a, b = sorted(a), sorted(b)
        cases.append([[a, b], space["f"](list(a), list(b))])
    return cases


TASKS = [
    {
        "prompt": f"Write solution.py with a function {kind}_{suffix}(a, b) that {text}. Both are "
        "lists of integers. Reply with the file in a ```python block.",
        "answer": {"kind": kind, "name": f"{kind}_{suffix}", "cases": _cases(kind)},
    }
    for kind, (text, _, _) in _WORK.items()
    for suffix in ("lists", "values")
]


def oracle(task):
    _, args, body = _WORK[task["answer"]["kind"]]
    return f"```python\ndef {task['answer']['name']}({args}):\n    {body}\n```"


def reward(prompt, completion, answer):
    found = re.findall(r"```python\s*\n(.*?)```", completion, re.DOTALL)
    if not found:
        return 0.0
    tests = json.dumps({"name": answer["name"], "cases": answer["cases"]})
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        (place / "solution.py").write_bytes(found[-1].encode("utf-8", "replace"))
        try:
            subprocess.run(
                [sys.executable, "-I", "-c", _RUNNER],
                input=tests.encode(),
                cwd=folder,
                capture_output=True,
                timeout=3,
            )
            report = json.loads((place / "report.json").read_text())
            return float(report["passed"] == report["total"])
        except (subprocess.TimeoutExpired, OSError, ValueError, KeyError, TypeError):
            return 0.0
