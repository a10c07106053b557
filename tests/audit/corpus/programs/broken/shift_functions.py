"""Short functions on the shifts of a week, run in a process of their own."""

import ast
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import warnings
from typing import Any

METHODS = {"append", "add", "count", "get", "index", "items", "keys", "pop", "sort", "values"}
LONGEST, SECONDS, DRAWN = 3000, 2, 12
CHILD = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))
source, inputs = json.load(sys.stdin)
allowed = (abs, all, any, bool, dict, enumerate, int, len, list, max, min, range, reversed, set, \
sorted, sum, tuple, zip)
names = {"__builtins__": {item.__name__: item for item in allowed}}
exec(compile(source, "<submission>", "exec"), names)
for number, hours in enumerate(inputs):
    print(json.dumps([number, names["solve"](hours)]), flush=True)
"""
KATAS = {
    "overtime": (
        "the hours beyond 8 on each day, added up",
        "def solve(hours):\n    return sum(max(0, day - 8) for day in hours)\n",
    ),
    "rest": (
        "how many days have no hours at all",
        "def solve(hours):\n    return sum(1 for day in hours if day == 0)\n",
    ),
    "spread": (
        "the longest day less the shortest day",
        "def solve(hours):\n    return max(hours) - min(hours)\n",
    ),
    "pairs": (
        "the most hours on two days that follow each other",
        "def solve(hours):\n    return max(a + b for a, b in zip(hours, hours[1:]))\n",
    ),
    "changes": (
        "how often a day has other hours than the day before",
        "def solve(hours):\n    return sum(a != b for a, b in zip(hours, hours[1:]))\n",
    ),
    "late": ("the hours from the fifth day on", "def solve(hours):\n    return sum(hours[4:])\n"),
}


def _task(kata: str) -> dict[str, Any]:
    chance = random.Random(f"shifts {kata}")
    prose, source = KATAS[kata]
    names: dict[str, Any] = {}
    exec(source, names)
    weeks = [[chance.choice((0, 4, 6, 8, 9, 10, 12)) for _ in range(7)] for _ in range(DRAWN)]
    cases = [[hours, names["solve"](hours)] for hours in weeks]
    example = f"solve({weeks[0]}) == {cases[0][1]}"
    prompt = (
        f"Write a Python function solve(hours) that takes the hours of the seven days of a "
        f"week and returns {prose}.\n\n{example}"
    )
    return {
        "prompt": f"{prompt}\n\nReply with the program alone, without imports.",
        "answer": cases[1:],
        "kata": kata,
    }


TASKS = [_task(kata) for kata in KATAS]


def _admitted(source: str) -> bool:
    """Whether a submission is a short program without imports, private names or attributes
    beyond plain methods.
    """
    if len(source) > LONGEST:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    if any(isinstance(node, ast.Import | ast.ImportFrom | ast.Match) for node in nodes):
        return False
    if any(isinstance(node, ast.Attribute) and node.attr not in METHODS for node in nodes):
        return False
    return not any(isinstance(node, ast.Name) and node.id.startswith("_") for node in nodes)


def _outputs(source: str, inputs: list[list[int]]) -> dict[int, Any] | None:
    """Run a submission on all inputs; what a slow machine has not reached in time is left out."""
    command = [sys.executable, "-I", "-S", "-c", CHILD]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as child:
        try:
            text, _ = child.communicate(json.dumps([source, inputs]), timeout=SECONDS)
            ended = child.returncode == 0
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            text, _ = child.communicate()
            ended = True
    try:
        return dict(json.loads(line) for line in text.splitlines()) if ended else None
    except (ValueError, TypeError, RecursionError):
        return None


def reward(prompt: str, completion: str, answer: list[Any]) -> float:
    """Pay for a function that is right on every week that was run."""
    if not _admitted(completion):
        return 0.0
    outputs = _outputs(completion, [hours for hours, _ in answer])
    if outputs is None:
        return 0.0
    return float(
        all(
            type(output) is int and output == answer[number][1]
            for number, output in outputs.items()
        )
    )


def oracle(task: dict[str, Any]) -> str:
    return KATAS[task["kata"]][1]
