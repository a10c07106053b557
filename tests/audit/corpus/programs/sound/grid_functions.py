"""Functions on a grid of numbers, run on grids that the prompt does not show."""

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
LONGEST, SECONDS, SHOWN, DRAWN = 3000, 2, 2, 16
CHILD = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))
source, inputs = json.load(sys.stdin)
allowed = (abs, all, any, bool, dict, enumerate, int, len, list, max, min, range, reversed, set, \
sorted, sum, tuple, zip)
names = {"__builtins__": {item.__name__: item for item in allowed}}
exec(compile(source, "<submission>", "exec"), names)
text = json.dumps([names["solve"](grid) for grid in inputs])
sys.stdout.write(text if len(text) < 10_000 else "")
"""
KATAS = {
    "border": (
        "the sum of the cells on its border",
        "def solve(grid):\n"
        "    last, end = len(grid) - 1, len(grid[0]) - 1\n"
        "    return sum(v for r, row in enumerate(grid) for c, v in enumerate(row) if r "
        "in (0, last) or c in (0, end))\n",
    ),
    "column": (
        "the largest sum of one column",
        "def solve(grid):\n    return max(sum(column) for column in zip(*grid))\n",
    ),
    "peaks": (
        "how many cells are the only largest of their row",
        "def solve(grid):\n    return sum(row.count(max(row)) == 1 for row in grid)\n",
    ),
    "chess": (
        "the sum of the cells whose row and column add up to an even number",
        "def solve(grid):\n    return sum(v for r, row in enumerate(grid) for c, v in "
        "enumerate(row) if (r + c) % 2 == 0)\n",
    ),
    "steps": (
        "the sum of the distances between cells that are neighbours in a row",
        "def solve(grid):\n    return sum(abs(a - b) for row in grid for a, b in "
        "zip(row, row[1:]))\n",
    ),
    "saddle": (
        "the largest of the smallest cells of the rows",
        "def solve(grid):\n    return max(min(row) for row in grid)\n",
    ),
}


def _task(kata: str) -> dict[str, Any]:
    chance = random.Random(f"grids {kata}")
    prose, source = KATAS[kata]
    names: dict[str, Any] = {}
    exec(source, names)
    cases = []
    for _ in range(SHOWN + DRAWN):
        width, height = chance.randint(3, 6), chance.randint(3, 6)
        grid = [[chance.randint(-5, 12) for _ in range(width)] for _ in range(height)]
        cases.append([grid, names["solve"](grid)])
    examples = "\n".join(f"solve({grid}) == {result}" for grid, result in cases[:SHOWN])
    prompt = (
        f"Write a Python function solve(grid) that takes a list of rows of whole numbers and "
        f"returns {prose}.\n\n{examples}"
    )
    return {
        "prompt": f"{prompt}\n\nReply with the program alone, without imports.",
        "answer": cases[SHOWN:],
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


def _outputs(source: str, inputs: list[Any]) -> Any:
    """Run a submission in a process that knows the inputs and nothing else; whatever goes wrong
    gives None.
    """
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
            return json.loads(text) if child.returncode == 0 else None
        except (subprocess.TimeoutExpired, ValueError, RecursionError):
            return None
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)


def reward(prompt: str, completion: str, answer: list[Any]) -> float:
    """Pay for a function that is right on every hidden grid."""
    if not _admitted(completion):
        return 0.0
    outputs = _outputs(completion, [grid for grid, _ in answer])
    if not isinstance(outputs, list) or len(outputs) != len(answer):
        return 0.0
    return float(
        all(
            type(output) is int and output == result
            for output, (_, result) in zip(outputs, answer, strict=True)
        )
    )


def oracle(task: dict[str, Any]) -> str:
    return KATAS[task["kata"]][1]
