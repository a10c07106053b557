"""Short programs on lists of numbers, run on many lists beyond the examples of the prompt."""

import ast
import json
import random
import subprocess
import sys
import warnings
from typing import Any

METHODS = {
    "append",
    "add",
    "clear",
    "copy",
    "count",
    "extend",
    "get",
    "index",
    "insert",
    "items",
    "keys",
    "pop",
    "remove",
    "sort",
    "values",
}
LONGEST = 3000
CHILD = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (1, 1))
resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))
source, inputs = json.load(sys.stdin)
allowed = (abs, all, any, bool, dict, enumerate, int, len, list, max, min, range, reversed, set, \
sorted, sum, tuple, zip)
names = {"__builtins__": {item.__name__: item for item in allowed}}
exec(compile(source, "<submission>", "exec"), names)
text = json.dumps([names["solve"](values) for values in inputs])
sys.stdout.write(text if len(text) < 100_000 else "")
"""
KATAS = {
    "runs": (
        "the length of the longest run of equal neighbours",
        "def solve(values):\n"
        "    best = length = 0\n"
        "    for place, value in enumerate(values):\n"
        "        length = length + 1 if place and values[place - 1] == value else 1\n"
        "        best = max(best, length)\n"
        "    return best\n",
    ),
    "drop": (
        "the largest fall from a value to a later one, or 0",
        "def solve(values):\n"
        "    best = 0\n"
        "    for place, value in enumerate(values):\n"
        "        for later in values[place + 1:]:\n"
        "            best = max(best, value - later)\n"
        "    return best\n",
    ),
    "once": (
        "the sum of the values that occur exactly once",
        "def solve(values):\n    return sum(value for value in values if "
        "values.count(value) == 1)\n",
    ),
    "peaks": (
        "the number of values above both of their neighbours",
        "def solve(values):\n"
        "    peaks = 0\n"
        "    for place in range(1, len(values) - 1):\n"
        "        if values[place - 1] < values[place] > values[place + 1]:\n"
        "            peaks += 1\n"
        "    return peaks\n",
    ),
    "swing": (
        "the sum of the distances between neighbours",
        "def solve(values):\n    return sum(abs(left - right) for left, right in "
        "zip(values, values[1:]))\n",
    ),
    "records": (
        "how many values are larger than all before them",
        "def solve(values):\n"
        "    count = 0\n"
        "    for place, value in enumerate(values):\n"
        "        if all(value > earlier for earlier in values[:place]):\n"
        "            count += 1\n"
        "    return count\n",
    ),
    "odd": (
        "the sum of the odd values less the sum of the even ones",
        "def solve(values):\n    return sum(value if value % 2 else -value for value in values)\n",
    ),
}


def _solution(source: str) -> Any:
    names: dict[str, Any] = {}
    exec(source, names)
    return names["solve"]


def _cases(kata: str) -> list[list[Any]]:
    """Draw short and long lists, with many ties, beside the ones at the edge."""
    chance = random.Random(f"programs {kata}")
    lists = [
        [],
        [4],
        [-3],
        [2, 2],
        [5, 1],
        [1, 5],
        [7, 7, 7],
        [-9, -4, -9],
        [1, 2, 3, 4],
        [4, 3, 2, 1],
        [0, 0, -1, 0],
    ]
    for size in range(2, 14):
        lists += [
            [chance.randint(-spread, spread) for _ in range(size)] for spread in (1, 2, 9, 1000)
        ]
    solve = _solution(KATAS[kata][1])
    return [[values, solve(list(values))] for values in lists]


def _task(kata: str) -> dict[str, Any]:
    example = [3, 3, 1, 4, 2, 2, 5]
    prose, source = KATAS[kata]
    prompt = (
        f"Write a Python function solve(values) that takes a list of whole numbers, perhaps "
        f"an empty one, and returns {prose}."
    )
    shown = f"For example solve({example}) == {_solution(source)(list(example))}."
    return {
        "prompt": f"{prompt} {shown} Reply with the program alone.",
        "answer": _cases(kata),
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


def _outputs(source: str, inputs: list[list[int]]) -> Any:
    """Run a submission in a process of its own that knows the inputs and nothing else."""
    command = [sys.executable, "-I", "-S", "-c", CHILD]
    try:
        done = subprocess.run(
            command,
            input=json.dumps([source, inputs]),
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        return json.loads(done.stdout) if done.returncode == 0 else None
    except (subprocess.TimeoutExpired, ValueError, RecursionError):
        return None


def reward(prompt: str, completion: str, answer: list[Any]) -> float:
    """Pay for a program that is right in every case; the results are compared here, with values
    the program never saw.
    """
    if not _admitted(completion):
        return 0.0
    outputs = _outputs(completion, [values for values, _ in answer])
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
