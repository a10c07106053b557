"""Functions on lists of integers; run on fresh inputs, compared by value and type."""

import json
import random
import subprocess
import sys


def _longest_rise(xs):
    best = cur = 0
    last = None
    for x in xs:
        cur = cur + 1 if last is not None and x > last else 1
        best, last = max(best, cur), x
    return best


def _prefix_max(xs):
    out = []
    for x in xs:
        out.append(x if not out else max(x, out[-1]))
    return out


def _pairs(xs):
    return sum(a + b == 0 for i, a in enumerate(xs) for b in xs[i + 1 :])


def _best_sum(xs):
    best = cur = 0
    for x in xs:
        cur = max(0, cur + x)
        best = max(best, cur)
    return best


def _runs(xs):
    out = []
    for x in xs:
        if out and out[-1][0] == x:
            out[-1][1] += 1
        else:
            out.append([x, 1])
    return out


def _median_low(xs):
    return sorted(xs)[(len(xs) - 1) // 2] if xs else 0


_KINDS = {
    "longest_rise": (
        _longest_rise,
        "the length of the longest strictly rising run of neighbours (0 for the empty list)",
    ),
    "prefix_max": (_prefix_max, "the list of the largest value so far at every position"),
    "zero_pairs": (_pairs, "the number of pairs of positions i < j whose values add up to 0"),
    "best_sum": (
        _best_sum,
        "the largest sum of a contiguous part; the empty part (sum 0) counts as well",
    ),
    "run_lengths": (_runs, "the list of [value, length] for every maximal run of equal values"),
    "low_median": (
        _median_low,
        "the lower median (the smaller of the two middle values if there "
        "are two; 0 for the empty list)",
    ),
}
_SOLVED = {
    "longest_rise": "best = cur = 0\n    last = None\n    for x in xs:\n"
    "        cur = cur + 1 if last is not None and x > last else 1\n"
    "        best, last = max(best, cur), x\n    return best",
    "prefix_max": "return list(itertools.accumulate(xs, max))",
    "zero_pairs": "return sum(a + b == 0 for a, b in itertools.combinations(xs, 2))",
    "best_sum": "best = cur = 0\n    for x in xs:\n        cur = max(0, cur + x)\n"
    "        best = max(best, cur)\n    return best",
    "run_lengths": "return [[k, len(list(g))] for k, g in itertools.groupby(xs)]",
    "low_median": "return sorted(xs)[(len(xs) - 1) // 2] if xs else 0",
}
TASKS = [
    {
        "prompt": f"Write a Python function {name}(xs) that returns {text}. xs has 0 to 12 "
        "integers between -9 and 9; return plain ints and lists. "
        "Allowed are import of math and itertools, functions, classes, loops, plain builtins; "
        "other imports, global and match statements, async, getattr, eval, open and the like, "
        "and names or attributes that begin with an underscore are not. "
        "Put the code into a ```python block; the last such block counts.",
        "answer": {"kind": kind, "name": name},
    }
    for kind, (_, text) in _KINDS.items()
    for name in (kind, f"{kind}_of")
]


def oracle(task):
    answer = task["answer"]
    body = _SOLVED[answer["kind"]]
    return f"```python\nimport itertools\n\ndef {answer['name']}(xs):\n    {body}\n```"


_CHILD = r"""
import ast, itertools, json, math, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (1, 1))
resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))
job = json.load(sys.stdin)
real = __builtins__ if isinstance(__builtins__, dict) else vars(__builtins__)
names = (
    "abs all any bin bool chr dict divmod enumerate filter float frozenset hex int isinstance iter "
    "len list map max min next oct ord pow range repr reversed round set slice sorted str sum "
    "tuple zip ValueError IndexError KeyError TypeError ZeroDivisionError StopIteration EOFError "
    "Exception ArithmeticError LookupError RecursionError AssertionError bytes callable complex "
    "format hash object property staticmethod classmethod super __build_class__"
).split()
tree = ast.parse(job["code"])
for node in ast.walk(tree):
    if isinstance(node, (ast.Global, ast.AsyncFunctionDef, ast.Match)):
        raise SystemExit
    if isinstance(node, ast.Attribute) and (
        node.attr[:1] == "_" or node.attr[:3] in ("gi_", "cr_", "ag_", "tb_", "co_")
        or node.attr[:2] == "f_"
    ):
        raise SystemExit
    if isinstance(node, ast.alias) and node.name[:1] == "_":
        raise SystemExit
    if isinstance(node, ast.Name) and node.id[:2] == "__" and node.id != "__name__":
        raise SystemExit
def load(name, *_):
    if name not in ("math", "itertools"):
        raise ValueError(name)
    return {"math": math, "itertools": itertools}[name]
safe = {name: real[name] for name in names}
safe.update(__import__=load, print=lambda *a, **k: None)
space = {"__builtins__": safe, "__name__": "__main__"}
exec(compile(tree, "code", "exec"), space)
out = [space[job["name"]](*given) for given in job["inputs"]]
text = json.dumps(out)
sys.stdout.write(text if len(text) < 300000 else "null")
"""


def _code(text):
    if not isinstance(text, str):
        return None
    start = text.rfind("```python")
    end = text.find("```", start + 9)
    return text[start + 9 : end].strip("\r\n") if 0 <= start < end < start + 8000 else None


def _run(job):
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", _CHILD],
            input=json.dumps(job).encode(),
            capture_output=True,
            timeout=2.5,
        )
        return json.loads(done.stdout) if done.returncode == 0 else None
    except (subprocess.TimeoutExpired, ValueError, RecursionError, OSError):
        return None


def _same(one, two):
    if type(one) is not type(two):
        return False
    if isinstance(one, list):
        return len(one) == len(two) and all(map(_same, one, two))
    return one == two


def reward(prompt, completion, answer):
    code = _code(completion)
    if code is None:
        return 0.0
    chance = random.Random(repr(code))
    inputs = [[], [4], [-3, 3, -3]]
    for _ in range(60):
        span = chance.choice([1, 3, 9])
        inputs.append([chance.randint(-span, span) for _ in range(chance.randint(0, 12))])
    made = _run({"code": code, "name": answer["name"], "inputs": [[xs] for xs in inputs]})
    solve = _KINDS[answer["kind"]][0]
    return float(_same(made, [solve(list(xs)) for xs in inputs]))
