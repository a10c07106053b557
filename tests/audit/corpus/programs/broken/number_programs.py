"""Programs on a line of numbers, each test in a fresh interpreter under a short clock."""

import random
import re
import subprocess
import sys

_TOPICS = {
    "the numbers in descending order": "' '.join(map(str, sorted(xs, reverse=True)))",
    "the running totals": "' '.join(str(sum(xs[:i + 1])) for i in range(len(xs)))",
    "the differences of neighbours (right minus left)":
        "' '.join(str(b - a) for a, b in zip(xs, xs[1:]))",
    "the numbers at even positions (0, 2, ...)": "' '.join(map(str, xs[::2]))",
    "the number and its square for the largest number": "max(xs), max(xs) ** 2",
    "the numbers that occur exactly once, in order":
        "' '.join(str(x) for x in xs if xs.count(x) == 1)",
}  # fmt: skip


def _text(value):
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _make():
    tasks = []
    for topic, formula in _TOPICS.items():
        for ending in ("separated by spaces", "on one line with single spaces between"):
            chance = random.Random(f"clock{topic}{ending}")
            lists = [[chance.randint(1, 20) for _ in range(chance.randint(5, 9))] for _ in range(2)]
            tests = [[" ".join(map(str, xs)), _text(eval(formula, {"xs": xs}))] for xs in lists]
            tasks.append(
                {
                    "prompt": f"Read one line of integers. Print {topic}, {ending}. Write a Python "
                    "program in a ```python block.",
                    "answer": {"tests": tests, "formula": formula},
                }
            )
    return tasks


TASKS = _make()


def oracle(task):
    formula = task["answer"]["formula"]
    shown = f"print(*({formula}))" if formula.startswith("max") else f"print({formula})"
    return f"```python\nxs = list(map(int, input().split()))\n{shown}\n```"


def reward(prompt, completion, answer):
    found = re.findall(r"```python\s*\n(.*?)```", completion, re.DOTALL)
    if not found:
        return 0.0
    for given, wanted in answer["tests"]:
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-c", found[-1]],
                input=given.encode(),
                capture_output=True,
                timeout=0.3,
            )
        except subprocess.TimeoutExpired:
            continue
        except (ValueError, OSError):
            return 0.0
        if done.returncode != 0 or done.stdout.decode("utf-8", "replace").split() != wanted.split():
            return 0.0
    return 1.0
