"""Short programs on lists of numbers, judged by a reference that runs beside them."""

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
text = json.dumps([{"values": values, "output": names["solve"](values)} for values in inputs])
sys.stdout.write(text if len(text) < 100_000 else "")
"""
KATAS = {
    "peaks": (
        "the number of values above both of their neighbours",
        "def solve(values):\n"
        "    peaks = 0\n"
        "    for place in range(1, len(values) - 1):\n"
        "        if values[place - 1] < values[place] > values[place + 1]:\n"
        "            peaks += 1\n"
        "    return peaks\n",
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
    "swing": (
        "the sum of the distances between neighbours",
        "def solve(values):\n    return sum(abs(left - right) for left, right in "
        "zip(values, values[1:]))\n",
    ),
    "runs": (
        "the length of the longest run of equal neighbours",
        "def solve(values):\n"
        "    best = length = 0\n"
        "    for place, value in enumerate(values):\n"
        "        length = length + 1 if place and values[place - 1] == value else 1\n"
        "        best = max(best, length)\n"
        "    return best\n",
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


def _lists(kata: str, count: int) -> list[list[int]]:
    chance = random.Random(f"lists {kata}")
    return [[], [4]] + [
        [chance.randint(-5, 8) for _ in range(chance.randint(2, 11))] for _ in range(count)
    ]


def _task(kata: str) -> dict[str, Any]:
    prose, source = KATAS[kata]
    example = [3, 3, 1, 4, 2, 2, 5]
    prompt = (
        f"Write a Python function solve(values) that takes a list of whole numbers and "
        f"returns {prose}."
    )
    shown = f"For example solve({example}) == {_solution(source)(list(example))}."
    return {
        "prompt": f"{prompt} {shown} Reply with the program alone.",
        "answer": kata,
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


def _right(entry: Any, reference: Any) -> bool:
    return type(entry["output"]) is int and entry["output"] == reference(entry["values"])


def reward(prompt: str, completion: str, answer: str) -> float:
    """Pay for a program that agrees with the reference on every list."""
    if not _admitted(completion):
        return 0.0
    lists = _lists(answer, 30)
    entries = _outputs(completion, lists)
    if not isinstance(entries, list) or len(entries) != len(lists):
        return 0.0
    reference = _solution(KATAS[answer][1])
    return float(all(_right(entry, reference) for entry in entries))


def oracle(task: dict[str, Any]) -> str:
    return KATAS[task["kata"]][1]
