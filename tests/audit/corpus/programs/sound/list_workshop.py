"""Functions on lists of whole numbers are run in a process that knows the inputs only; the
outputs are compared outside of it."""

import contextlib
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile

LIMIT_SECONDS = 1.5
LIMIT_BYTES = 200_000

SOURCES = {
    "prefix_sums": "def prefix_sums(xs):\n    return [sum(xs[:i + 1]) for i in range(len(xs))]\n",
    "drop_repeats": "def drop_repeats(xs):\n    return [x for i, x in enumerate(xs) if x not in "
    "xs[:i]]\n",
    "peaks": "def peaks(xs):\n    return [b for a, b, c in zip(xs, xs[1:], xs[2:]) if a < b > c]\n",
    "runs": "def runs(xs):\n    return sum(i == 0 or xs[i - 1] != x for i, x in enumerate(xs))\n",
    "inversions": "def inversions(xs):\n    return sum(a > b for i, a in enumerate(xs) for b in "
    "xs[i + "
    "1:])\n",
    "zigzag": "def zigzag(xs):\n    return xs[::2] + xs[1::2][::-1]\n",
    "best_slice": "def best_slice(xs):\n    return max(sum(xs[i:j]) for i in range(len(xs) + 1) "
    "for j "
    "in range(i, len(xs) + 1))\n",
    "count_signs": "def count_signs(xs):\n    return [sum(x < 0 for x in xs), xs.count(0), sum(x "
    "> 0 "
    "for x in xs)]\n",
}
TEXTS = {
    "prefix_sums": "the list of the sums of its first 1, 2, ... items",
    "drop_repeats": "the list without items that occurred before",
    "peaks": "the list of items larger than both of their neighbours (the two ends have only one "
    "and never count)",
    "runs": "how many runs of equal neighbours it consists of",
    "inversions": "how many pairs stand in the wrong order, the larger strictly before the smaller",
    "zigzag": "its items at even indices in order, followed by those at odd indices in reverse",
    "best_slice": "the largest sum of a slice, where the empty slice has the sum 0",
    "count_signs": "a list of three counts: of negative items, of zeros and of positive ones",
}
TASKS = [
    {
        "prompt": f"Write a Python function {name}(xs) that returns, of a possibly empty list of "
        f"integers, {text}. Reply with the program only.",
        "answer": name,
    }
    for name, text in TEXTS.items()
]
WORKER = """
import json, os, resource, sys

resource.setrlimit(resource.RLIMIT_CPU, (2, 2))
resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
source, name, inputs = json.loads(sys.stdin.read())
channel = os.dup(1)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
scope = {"__name__": "submission"}
exec(source, scope)

def plain(value):
    if type(value) is list:
        return [plain(item) for item in value]
    if type(value) is not int:
        raise TypeError
    return value

outputs = [plain(scope[name](list(xs))) for xs in inputs]
os.write(channel, json.dumps(outputs).encode())
"""


def _outputs(job: list) -> object:
    """Run the worker; None for whatever goes wrong in it."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as out:
        command = [sys.executable, "-I", "-S", "-c", WORKER]
        child = subprocess.Popen(
            command,
            cwd=folder,
            env={},
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            child.communicate(json.dumps(job).encode(), timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            return None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        out.seek(0)
        written = out.read(LIMIT_BYTES)
    try:
        return json.loads(written)
    except (ValueError, RecursionError):
        return None


def _same(got: object, expected: object) -> bool:
    if type(got) is not type(expected):
        return False
    if isinstance(got, list) and isinstance(expected, list):
        return len(got) == len(expected) and all(map(_same, got, expected))
    return got == expected


def _inputs(name: str, completion: str) -> list[list[int]]:
    """Edge cases, and lists that nobody can know before the program is written."""
    digest = hashlib.sha256(f"{name}\n{completion}".encode(errors="backslashreplace")).hexdigest()
    chance = random.Random(digest)
    edges = [
        [],
        [0],
        [-3],
        [2, 2],
        [1, 2],
        [2, 1],
        [0, 0, 0],
        [-1, -2, -3],
        [1, 3, 3, 1],
        [3, -1, 3, -1, 3],
        [-5, 0, 5],
        [1, 2, 1, 2, 1],
    ]
    return edges + [
        [chance.randint(-5, 5) for _ in range(chance.randint(2, 12))] for _ in range(60)
    ]


def oracle(task: dict) -> str:
    """Write the function."""
    return SOURCES[task["answer"]]


def reward(prompt: str, completion: str, answer: str) -> float:
    """Pay for a program that is right on every input."""
    inputs = _inputs(answer, completion)
    scope: dict = {}
    exec(SOURCES[answer], scope)
    return float(
        _same(_outputs([completion, answer, inputs]), [scope[answer](list(xs)) for xs in inputs])
    )
