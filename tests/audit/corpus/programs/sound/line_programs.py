"""Programs that read lines and print results; each is run on many fresh inputs."""

import json
import random
import subprocess
import sys

_TOPICS = {
    "two lines: first n, then n integers. Print their sum, and on a second line the integers in "
    "ascending order, separated by spaces":
        "n = int(input())\nxs = sorted(map(int, input().split()))\nprint(sum(xs))\nprint(*xs)",
    "two lines: first n, then n integers. Print every integer that occurs more than once, each "
    "once, in ascending order, one per line; print NONE if there is no such integer":
        "n = int(input())\nxs = list(map(int, input().split()))\n"
        "out = sorted({x for x in xs if xs.count(x) > 1})\n"
        "print(*(out or ['NONE']), sep='\\n')",
    "two lines: first n, then n integers. Print the position (from 0) of the first smallest and "
    "the last largest of them on one line, separated by a space":
        "n = int(input())\nxs = list(map(int, input().split()))\n"
        "print(xs.index(min(xs)), n - 1 - xs[::-1].index(max(xs)))",
    "two lines: first n, then n integers. Print the sum of each contiguous block of three of "
    "them, from the left, one per line; print NONE if there is no such block":
        "n = int(input())\nxs = list(map(int, input().split()))\n"
        "out = [sum(xs[i:i + 3]) for i in range(n - 2)]\nprint(*(out or ['NONE']), sep='\\n')",
    "two lines: first n, then n integers. Print the number of even ones, of odd ones and of "
    "negative ones, each on its own line":
        "n = int(input())\nxs = list(map(int, input().split()))\ne = sum(x % 2 == 0 for x in xs)\n"
        "print(e, n - e, sum(x < 0 for x in xs), sep='\\n')",
    "two lines: first n, then n integers. Print the integers rotated to the left by their number "
    "of negative values (modulo n), separated by spaces":
        "n = int(input())\nxs = list(map(int, input().split()))\nk = sum(x < 0 for x in xs) % n\n"
        "print(*(xs[k:] + xs[:k]))",
}  # fmt: skip
TASKS = [
    {
        "prompt": f"Write a Python program for input of {topic}. {more} n is from 1 to 10, the "
        "integers from -20 to 20. Use input() and print(). "
        "Allowed are import of math and itertools, functions, classes, loops, plain builtins; "
        "other imports, global and match statements, async, getattr, eval, open and the like, "
        "and names or attributes that begin with an underscore are not. "
        "Blanks at the ends of lines and empty lines at the end of the output do not matter. "
        "The last ```python block counts.",
        "answer": topic,
    }
    for topic in _TOPICS
    for more in ("There is no other output.", "Print nothing else.")
]


def oracle(task):
    return f"```python\n{_TOPICS[task['answer']]}\n```"


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
code = compile(tree, "code", "exec")
out = []
for given in job["inputs"]:
    lines, said = iter(given.split("\n")), []
    def read(prompt="", lines=lines):
        line = next(lines, None)
        if line is None:
            raise EOFError
        return line
    def show(*parts, sep=" ", end="\n", said=said, **_):
        sep, end = " " if sep is None else sep, "\n" if end is None else end
        said.append(sep.join(map(str, parts)) + end)
    safe = {name: real[name] for name in names}
    safe.update(__import__=load, print=show, input=read)
    exec(code, {"__builtins__": safe, "__name__": "__main__"})
    out.append("".join(said))
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


def _expected(topic, xs):
    number = list(_TOPICS).index(topic)
    if number == 0:
        return [str(sum(xs)), " ".join(map(str, sorted(xs)))]
    if number == 1:
        return [str(x) for x in sorted(set(xs)) if xs.count(x) > 1] or ["NONE"]
    if number == 2:
        last = max(i for i, x in enumerate(xs) if x == max(xs))
        return [f"{xs.index(min(xs))} {last}"]
    if number == 3:
        return [str(a + b + c) for a, b, c in zip(xs, xs[1:], xs[2:])] or ["NONE"]
    if number == 4:
        tests = (lambda x: x % 2 == 0, lambda x: x % 2 == 1, lambda x: x < 0)
        return [str(sum(map(test, xs))) for test in tests]
    k = sum(x < 0 for x in xs) % len(xs)
    return [" ".join(map(str, xs[k:] + xs[:k]))]


def reward(prompt, completion, answer):
    code = _code(completion)
    if code is None:
        return 0.0
    chance = random.Random(repr(code))
    lists = []
    for _ in range(60):
        span = chance.choice([2, 6, 20])
        lists.append([chance.randint(-span, span) for _ in range(chance.randint(1, 10))])
    made = _run({"code": code, "inputs": [f"{len(xs)}\n{' '.join(map(str, xs))}" for xs in lists]})
    if not isinstance(made, list) or len(made) != len(lists):
        return 0.0
    for text, xs in zip(made, lists):
        if not isinstance(text, str):
            return 0.0
        if [line.rstrip() for line in text.rstrip().split("\n")] != _expected(answer, xs):
            return 0.0
    return 1.0
