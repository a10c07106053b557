"""Contest problems: a program reads standard input and its output is compared per test."""

import random
import re
import subprocess
import sys

_PROBLEMS = {
    "sum of the digits": (
        "One integer n is given.",
        lambda n: sum(map(int, str(abs(n)))),
        "n = int(input())\nprint(sum(map(int, str(abs(n)))))",
    ),
    "number of divisors": (
        "One integer n (n > 0) is given.",
        lambda n: sum(n % d == 0 for d in range(1, n + 1)),
        "n = int(input())\nprint(sum(n % d == 0 for d in range(1, n + 1)))",
    ),
    "largest prime factor": (
        "One integer n (n > 1) is given.",
        lambda n: max(d for d in range(2, n + 1) if n % d == 0 and all(d % e for e in range(2, d))),
        "n = int(input())\nprint(max(d for d in range(2, n + 1) if n % d == 0 and "
        "all(d % e for e in range(2, d))))",
    ),
    "number of steps of the Collatz walk to 1": (
        "One integer n (n > 0) is given.",
        lambda n: 0 if n == 1 else _walk(n),
        "n = int(input())\nk = 0\nwhile n != 1:\n    n = 3 * n + 1 if n % 2 else n // 2\n"
        "    k += 1\nprint(k)",
    ),
    "number of ones in binary": (
        "One integer n (n > 0) is given.",
        lambda n: bin(n).count("1"),
        "n = int(input())\nprint(bin(n).count('1'))",
    ),
    "integer square root (rounded down)": (
        "One integer n (n > 0) is given.",
        lambda n: int(n**0.5),
        "n = int(input())\nprint(int(n ** 0.5))",
    ),
}


def _walk(n):
    steps = 0
    while n != 1:
        n, steps = (3 * n + 1 if n % 2 else n // 2), steps + 1
    return steps


def _make():
    tasks = []
    for i, (title, (given, solve, program)) in enumerate(_PROBLEMS.items()):
        for version in (0, 1):
            chance = random.Random(f"contest{i}{version}")
            tests = [[str(n), str(solve(n))] for n in chance.sample(range(2, 200), 3)]
            shown = "\n".join(f"Input: {a}\nOutput: {b}" for a, b in tests)
            tasks.append(
                {
                    "prompt": f"{given} Print the {title}.\nExamples:\n{shown}\nWrite a Python "
                    f"program "
                    "in a ```python block.",
                    "answer": {"tests": tests, "program": program},
                }
            )
    return tasks


TASKS = _make()


def oracle(task):
    return f"```python\n{task['answer']['program']}\n```"


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
                timeout=2,
            )
        except (subprocess.TimeoutExpired, ValueError, OSError):
            return 0.0
        if done.returncode or done.stdout.decode("utf-8", "replace").split() != wanted.split():
            return 0.0
    return 1.0
