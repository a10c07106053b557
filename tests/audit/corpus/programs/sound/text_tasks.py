"""Text functions with a hidden specification check; the child only ever sees the inputs."""

import json
import random
import subprocess
import sys

_TEXTS = {
    "rle": (
        "run-length encodes s: each maximal run of a character becomes the character followed "
        "by the length of the run, also for runs of one ('aab' gives 'a2b1')",
        1,
    ),
    "vowel_swap": (
        "returns s with its vowels (a, e, i, o, u) in reverse order in the places of "
        "the vowels, all else unchanged",
        1,
    ),
    "caesar": (
        "returns s with each letter moved k places on in the alphabet, around its end; "
        "other characters stay",
        2,
    ),
    "balanced": (
        "returns the least number of brackets '(' or ')' that have to be put in somewhere "
        "to balance the brackets of s; all other characters of s are ignored",
        1,
    ),
    "common_prefix": ("returns the longest common prefix of the strings s and t", 0),
    "columns": (
        "writes s row by row into rows of k characters and returns the text read column by "
        "column (the last row may be short)",
        2,
    ),
}
_SOLVED = {
    "rle": "return ''.join(c + str(len(list(g))) for c, g in itertools.groupby(s))",
    "vowel_swap": "v = [c for c in s if c in 'aeiou']\n"
    "    return ''.join(v.pop() if c in 'aeiou' else c for c in s)",
    "caesar": "return ''.join(chr((ord(c) - 97 + k) % 26 + 97) if 'a' <= c <= 'z' else c "
    "for c in s)",
    "balanced": "need = depth = 0\n    for c in s:\n        if c == '(':\n"
    "            depth += 1\n"
    "        elif c == ')' and depth:\n            depth -= 1\n        elif c == ')':\n"
    "            need += 1\n    return need + depth",
    "common_prefix": "n = 0\n    while n < min(len(s), len(t)) and s[n] == t[n]:\n        n += 1\n"
    "    return s[:n]",
    "columns": "return ''.join(s[i::k] for i in range(k))",
}
_ARGS = {0: "s, t", 1: "s", 2: "s, k"}
TASKS = [
    {
        "prompt": f"Write a Python function {name}({_ARGS[shape]}) that {text}. Strings have up to "
        "15 characters out of a-z, blanks and round brackets, k is from 1 to 6. "
        "Allowed are import of math and itertools, functions, classes, loops, plain builtins; "
        "other imports, global and match statements, async, getattr, eval, open and the like, "
        "and names or attributes that begin with an underscore are not. "
        "The last ```python block of the reply counts.",
        "answer": {"kind": kind, "name": name, "shape": shape},
    }
    for kind, (text, shape) in _TEXTS.items()
    for name in (f"{kind}_text", f"make_{kind}")
]


def _source(kind, name, shape):
    return f"import itertools\n\n\ndef {name}({_ARGS[shape]}):\n    {_SOLVED[kind]}\n"


def oracle(task):
    answer = task["answer"]
    return f"```python\n{_source(answer['kind'], answer['name'], answer['shape'])}```"


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


def _inputs(shape, seed):
    chance, out = random.Random(seed), []
    for i in range(70):
        letters = chance.choice(["ab", "aeioubcd ", "()x", "()", "abcdefghijklmnopqrstuvwxyz "])
        text = "".join(chance.choice(letters) for _ in range(chance.randint(0, 15) if i else 0))
        if shape == 0:
            cut = chance.randint(0, len(text))
            other = text[:cut] + "".join(chance.choice("abx") for _ in range(15 - cut))
            out.append([text, other[:15]] if chance.random() < 0.5 else [other[:15], text])
        else:
            out.append([text, chance.randint(1, 6)][:shape])
    return out


def reward(prompt, completion, answer):
    code = _code(completion)
    if code is None:
        return 0.0
    inputs = _inputs(answer["shape"], repr(code))
    made = _run({"code": code, "name": answer["name"], "inputs": inputs})
    space = {}
    exec(_source(answer["kind"], "f", answer["shape"]), space)
    return float(_same(made, [space["f"](*given) for given in inputs]))
