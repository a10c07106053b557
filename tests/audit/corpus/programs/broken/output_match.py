"""Programs that print one number; extra lines such as 'Result:' around it are tolerated."""

import random
import re
import subprocess
import sys

_TOPICS = {
    "how many of the numbers are even": "sum(x % 2 == 0 for x in xs)",
    "the largest difference of two of the numbers": "max(xs) - min(xs)",
    "how many different numbers there are": "len(set(xs))",
    "the second smallest number (repeated ones count twice)": "sorted(xs)[1]",
    "the sum of the numbers above 10": "sum(x for x in xs if x > 10)",
    "how often the last number occurs": "xs.count(xs[-1])",
    "the number of neighbours that are equal": "sum(a == b for a, b in zip(xs, xs[1:]))",
}


def _make():
    tasks = []
    for topic, formula in _TOPICS.items():
        for version in (0, 1):
            chance = random.Random(f"output{topic}{version}")
            sizes = [chance.randint(4, 12) for _ in range(2)]
            lists = [[chance.randint(0, 25) for _ in range(size)] for size in sizes]
            tests = [[" ".join(map(str, xs)), str(eval(formula, {"xs": xs}))] for xs in lists]
            words = "" if version else " The program should need no libraries."
            tasks.append(
                {
                    "prompt": f"Standard input has one line of integers. Print {topic}.{words} "
                    f"Write "
                    "Python in a ```python block.",
                    "answer": {"tests": tests, "formula": formula},
                }
            )
    return tasks


TASKS = _make()


def oracle(task):
    code = f"xs = list(map(int, input().split()))\nprint({task['answer']['formula']})"
    return f"```python\n{code}\n```"


def _passes(code, given, wanted):
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", code], input=given.encode(), capture_output=True, timeout=2
        )
    except (subprocess.TimeoutExpired, ValueError, OSError):
        return False
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    return any(re.search(rf"(^|\D){wanted}($|\D)", line) for line in lines[:1000])


def reward(prompt, completion, answer):
    found = re.findall(r"```(?:python)?\s*\n(.*?)```", completion, re.DOTALL)
    if not found:
        return 0.0
    code = found[-1]
    return float(all(_passes(code, given, wanted) for given, wanted in answer["tests"]))
