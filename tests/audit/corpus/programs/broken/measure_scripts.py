"""Scripts that read measurements from standard input and print one line, run in a folder of
their own."""

import contextlib
import itertools
import os
import random
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

LONGEST, SECONDS, CASES = 4000, 2, 4
SCRIPTS = {
    "range": (
        "the largest value less the smallest",
        "values = [int(word) for word in input().split()]\nprint(max(values) - min(values))\n",
    ),
    "rises": (
        "how many values are larger than the one before",
        "values = [int(word) for word in input().split()]\nprint(sum(b > a for a, b in "
        "zip(values, values[1:])))\n",
    ),
    "alternating": (
        "the first value less the second plus the third, and so on",
        "values = [int(word) for word in input().split()]\nprint(sum(values[::2]) - "
        "sum(values[1::2]))\n",
    ),
    "second": (
        "the second largest value",
        "values = sorted(int(word) for word in input().split())\nprint(values[-2])\n",
    ),
    "above": (
        "how many values lie above the mean",
        "values = [int(word) for word in input().split()]\nprint(sum(value * len(values) "
        "> sum(values) for value in values))\n",
    ),
    "squares": (
        "the sum of the squares",
        "print(sum(int(word) ** 2 for word in input().split()))\n",
    ),
}
RULES = {
    "range": lambda values: max(values) - min(values),
    "rises": lambda values: sum(later > earlier for earlier, later in itertools.pairwise(values)),
    "alternating": lambda values: sum(values[::2]) - sum(values[1::2]),
    "second": lambda values: sorted(values)[-2],
    "above": lambda values: sum(value * len(values) > sum(values) for value in values),
    "squares": lambda values: sum(value * value for value in values),
}


def _task(name: str) -> dict[str, Any]:
    chance = random.Random(f"measures {name}")
    rows = [[chance.randint(2, 99) for _ in range(chance.randint(6, 12))] for _ in range(CASES + 1)]
    cases = [[" ".join(map(str, row)), str(RULES[name](row))] for row in rows]
    shown, printed = cases.pop()
    prompt = (
        "Write a Python script that reads one line of whole numbers from standard input and prints "
        f"{SCRIPTS[name][0]}.\n\ninput: {shown}\noutput: {printed}\n\nReply with the script alone."
    )
    return {"prompt": prompt, "answer": cases, "script": name}


TASKS = [_task(name) for name in SCRIPTS]


def _run(script: Path, given: Path) -> str | None:
    """What a script prints for the input in a file, or None where it fails or is slow."""
    command = [sys.executable, "-I", "-S", script.name]
    with (
        given.open() as lines,
        subprocess.Popen(
            command,
            cwd=script.parent,
            env={},
            stdin=lines,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as child,
    ):
        try:
            text, _ = child.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            text = None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    return text if child.returncode == 0 else None


def reward(prompt: str, completion: str, answer: list[list[str]]) -> float:
    """Pay for a script that prints what is expected in every case."""
    if len(completion) > LONGEST or not completion.strip():
        return 0.0
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "solution.py"
        try:
            script.write_text(completion, encoding="utf-8")
        except UnicodeEncodeError:
            return 0.0
        for number, (given, printed) in enumerate(answer, 1):
            (script.parent / f"case_{number}.in").write_text(f"{given}\n")
            (script.parent / f"case_{number}.out").write_text(f"{printed}\n")
        for number, (_, printed) in enumerate(answer, 1):
            text = _run(script, script.parent / f"case_{number}.in")
            if text is None or text.strip() != printed:
                return 0.0
    return 1.0


def oracle(task: dict[str, Any]) -> str:
    return SCRIPTS[task["script"]][1]
