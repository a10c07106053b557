"""Classes of small devices are written in Python; what their methods return for fresh sequences
of calls is compared outside."""

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

HEAD = (
    "class Device:\n    def __init__(self):\n        self.log = []\n    def press(self, n):\n"
    "        self.log.append(n)\n"
)
BODIES = {
    "adder": ("sum(self.log)", "the sum of all numbers pressed so far"),
    "peak meter": ("max(self.log)", "the largest number pressed so far"),
    "delay line": (
        "self.log[-3] if len(self.log) > 2 else 0",
        "the number pressed two calls earlier, or 0 before that",
    ),
    "novelty counter": ("len(set(self.log))", "how many different numbers were pressed so far"),
    "repeat counter": (
        "self.log.count(n)",
        "how often this very number was pressed so far, this time included",
    ),
    "smoother": (
        "sum(self.log[-4:])",
        "the sum of the last four numbers, or of all while there are fewer",
    ),
    "switch": (
        "sum(x % 2 for x in self.log) % 2",
        "1 if an odd number of odd numbers was pressed so far, else 0",
    ),
    "range finder": (
        "max(self.log) - min(self.log)",
        "the largest number so far minus the smallest",
    ),
}
TASKS = [
    {
        "prompt": f"Write a Python class Device, made without arguments, for a {name}: its method "
        f"press(n) takes an integer and returns, "
        f"as an integer, {text}. Reply with the program only.",
        "answer": name,
    }
    for name, (_, text) in BODIES.items()
]
WORKER = """
import json, os, resource, sys

resource.setrlimit(resource.RLIMIT_CPU, (2, 2))
resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
source, sequences = json.loads(sys.stdin.read())
channel = os.dup(1)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
scope = {"__name__": "submission"}
exec(source, scope)
returned = []
for sequence in sequences:
    device = scope["Device"]()
    returned.append([device.press(n) for n in sequence])
if any(type(value) is not int for values in returned for value in values):
    raise TypeError
os.write(channel, json.dumps(returned).encode())
"""


def _returned(completion: str, sequences: list[list[int]]) -> object:
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
            child.communicate(json.dumps([completion, sequences]).encode(), timeout=LIMIT_SECONDS)
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


def _sequences(name: str, completion: str) -> list[list[int]]:
    """Draw sequences that nobody can know before the program is written."""
    chance = random.Random(
        hashlib.sha256(f"{name}\n{completion}".encode(errors="backslashreplace")).hexdigest()
    )
    edges = [[0], [-4, -4], [7, 7, 7, 7, 7, 7], [1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1, 0, -1]]
    return edges + [
        [chance.randint(-6, 6) for _ in range(chance.randint(5, 15))] for _ in range(25)
    ]


def _expected(name: str, sequence: list[int]) -> list[int]:
    scope: dict = {}
    exec(_program(name), scope)
    device = scope["Device"]()
    return [device.press(n) for n in sequence]


def _program(name: str) -> str:
    return f"{HEAD}        return {BODIES[name][0]}\n"


def _plain(returned: object) -> bool:
    """Accept lists of lists of integers; true and 1.0 are not integers."""
    return type(returned) is list and all(
        type(values) is list and all(type(value) is int for value in values) for values in returned
    )


def oracle(task: dict) -> str:
    """Write the class."""
    return _program(task["answer"])


def reward(prompt: str, completion: str, answer: str) -> float:
    """Pay for a class that is right through every sequence."""
    sequences = _sequences(answer, completion)
    returned = _returned(completion, sequences)
    return float(
        _plain(returned) and returned == [_expected(answer, sequence) for sequence in sequences]
    )
