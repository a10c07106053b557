"""Short functions with a slip are to be repaired; judged by what they do, not by how they look."""

import json
import random
import subprocess
import sys

_SLIPS = {
    "clip": (
        "f(x, low, high) returns x limited to the range from low to high (low <= high)",
        "def f(x, low, high):\n    return max(low, max(x, high))\n",
        lambda x, low, high: max(low, min(x, high)),
        lambda c: [c.randint(-30, 30), c.randint(-20, 0), c.randint(0, 20)],
    ),
    "digits": (
        "f(n) returns the sum of the decimal digits of n, whatever its sign",
        "def f(n):\n    return sum(int(c) for c in str(n))\n",
        lambda n: sum(map(int, str(abs(n)))),
        lambda c: [c.randint(-9999, 9999)],
    ),
    "leap": (
        "f(y) returns 1 if y is a leap year of the Gregorian calendar and 0 if not",
        "def f(y):\n    return 1 if y % 4 == 0 and y % 100 != 0 else 0\n",
        lambda y: int(y % 4 == 0 and (y % 100 != 0 or y % 400 == 0)),
        lambda c: [c.choice([c.randint(1600, 2400), 100 * c.randint(16, 24)])],
    ),
    "window": (
        "f(xs, k) returns the largest sum of k neighbours in xs (1 <= k <= len(xs))",
        "def f(xs, k):\n    return max(sum(xs[i:i + k]) for i in range(len(xs) - k))\n",
        lambda xs, k: max(sum(xs[i : i + k]) for i in range(len(xs) - k + 1)),
        lambda c: [[c.randint(-9, 9) for _ in range(c.randint(4, 9))], c.randint(1, 4)],
    ),
    "gcd": (
        "f(a, b) returns the greatest common divisor, with f(0, 0) = 0, for a, b >= 0",
        "def f(a, b):\n    while b:\n        a = a % b\n    return a\n",
        lambda a, b: a if not b else _gcd(a, b),
        lambda c: [c.randint(0, 60) * c.choice([0, 1, 6]), c.randint(0, 60)],
    ),
    "count": (
        "f(s) returns a list of [letter, number] for the letters of s, sorted by letter",
        "def f(s):\n    return [[c, s.count(c)] for c in s]\n",
        lambda s: [[c, s.count(c)] for c in sorted(set(s))],
        lambda c: ["".join(c.choice("abcde") for _ in range(c.randint(0, 9)))],
    ),
}
_FIXED = {
    "clip": "def f(x, low, high):\n    return max(low, min(x, high))\n",
    "digits": "def f(n):\n    return sum(int(c) for c in str(abs(n)))\n",
    "leap": "def f(y):\n    return int(y % 4 == 0 and (y % 100 != 0 or y % 400 == 0))\n",
    "window": "def f(xs, k):\n    return max(sum(xs[i:i + k]) for i in range(len(xs) - k + 1))\n",
    "gcd": "def f(a, b):\n    while b:\n        a, b = b, a % b\n    return a\n",
    "count": "def f(s):\n    return [[c, s.count(c)] for c in sorted(set(s))]\n",
}


def _gcd(a, b):
    while b:
        a, b = b, a % b
    return a


TASKS = [
    {
        "prompt": f"This code does not do what it should:\n{bad}\nIt should: {text}. {ask} Return "
        "plain ints, strings and lists. "
        "Allowed are import of math and itertools, functions, classes, loops, plain builtins; "
        "other imports, global and match statements, async, getattr, eval, open and the like, "
        "and names or attributes that begin with an underscore are not. "
        "Put the whole repaired function, still called f, into the last ```python block.",
        "answer": kind,
    }
    for kind, (text, bad, _, _) in _SLIPS.items()
    for ask in ("Repair it.", "Find the slip and mend it.")
]


def oracle(task):
    return f"The slip is small.\n```python\n{_FIXED[task['answer']]}```\nThat is all."


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
    _, _, rule, draw = _SLIPS[answer]
    chance = random.Random(repr(code))
    inputs = [draw(chance) for _ in range(80)]
    made = _run({"code": code, "name": "f", "inputs": inputs})
    return float(_same(made, [rule(*given) for given in inputs]))
