"""Unit tests: the program runs with asserts after it, and is paid if its process ends with 0."""

import re
import subprocess
import sys

SHAPE = "verl"
OPTIONS = {"prompt": "prompt", "answer": "tests", "oracle": "```python\n{reference}\n```"}
TASKS = (
    ("double", "n", "twice n", "2 * n", [(2, 4), (-3, -6), (0, 0)]),
    ("square", "n", "n times n", "n * n", [(3, 9), (-4, 16), (1, 1)]),
    ("last_digit", "n", "the last decimal digit of n >= 0", "n % 10", [(37, 7), (120, 0), (5, 5)]),
    ("is_even", "n", "whether n is even", "n % 2 == 0", [(4, True), (7, False), (0, True)]),
    ("backwards", "s", "the text s backwards", "s[::-1]", [("abc", "cba"), ("", ""), ("xy", "yx")]),
    ("shout", "s", "s in capitals", "s.upper()", [("ab", "AB"), ("Cd", "CD"), ("", "")]),
    ("count_a", "s", "how often the letter a is in s", "s.count('a')", [("banana", 3), ("b", 0)]),
    (
        "first_word",
        "s",
        "the first word of s",
        "s.split()[0]",
        [("big dog", "big"), ("one", "one")],
    ),
)


def compute_score(solution_str, ground_truth, extra_info=None):
    found = re.findall(r"```python\n(.*?)```", solution_str, re.DOTALL)
    if not found:
        return 0.0
    try:
        done = subprocess.run(
            [sys.executable, "-c", f"{found[-1]}\n{ground_truth}"],
            capture_output=True,
            timeout=5,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return 0.0
    return float(done.returncode == 0)


def rows():
    return [
        {
            "prompt": f"Write a Python function {name}({argument}) that returns {what}.",
            "reference": f"def {name}({argument}):\n    return {body}",
            "tests": "\n".join(f"assert {name}({given!r}) == {right!r}" for given, right in tests),
        }
        for name, argument, what, body, tests in TASKS
    ]
