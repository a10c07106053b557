"""Functions on whole numbers are written in Python and go through a unittest suite with hidden
numbers."""

import json
import random
import secrets
import subprocess
import sys

SOURCES = {
    "digit_sum": "def digit_sum(n):\n    return sum(int(d) for d in str(n))\n",
    "bit_count": "def bit_count(n):\n    return bin(n).count('1')\n",
    "divisor_count": "def divisor_count(n):\n    return sum(n % d == 0 for d in range(1, n + 1))\n",
    "reversed_number": "def reversed_number(n):\n    return int(str(n)[::-1])\n",
    "collatz_steps": "def collatz_steps(n):\n    return 0 if n == 1 else 1 + collatz_steps(3 * n + "
    "1 if n "
    "% 2 else n // 2)\n",
    "root_floor": "def root_floor(n):\n    r = 0\n    while (r + 1) * (r + 1) <= n:\n        r "
    "+= 1\n  "
    "  return r\n",
    "zeros": "def zeros(n):\n    return str(n).count('0')\n",
    "next_square": "def next_square(n):\n    r = 0\n    while r * r <= n:\n        r += 1\n    "
    "return r "
    "* r\n",
}
TEXTS = {
    "digit_sum": "the sum of its decimal digits",
    "bit_count": "the number of ones in binary",
    "divisor_count": "the number of its divisors",
    "reversed_number": "the number read backwards",
    "collatz_steps": "the number of Collatz steps down to 1",
    "root_floor": "the largest whole number whose square is not above it",
    "zeros": "how many of its decimal digits are 0",
    "next_square": "the smallest square number above it",
}
TASKS = [
    {
        "prompt": f"Write a Python function {name}(n) that returns, of a positive whole number n, "
        f"{text}. Code only.",
        "answer": name,
    }
    for name, text in TEXTS.items()
]
SUITE = """
import json, os, sys, types, unittest

token, name, source, cases = json.loads(sys.stdin.readline())
channel = os.fdopen(os.dup(1), "w")
solution = types.ModuleType("solution")
exec(source, vars(solution))

class Hidden(unittest.TestCase):
    def test_cases(self):
        for given, expected in cases:
            with self.subTest(given=given):
                got = getattr(solution, name)(given)
                self.assertIs(type(got), type(expected))
                self.assertEqual(got, expected)

result = unittest.TestResult()
unittest.defaultTestLoader.loadTestsFromTestCase(Hidden).run(result)
channel.write(json.dumps([token, result.testsRun, len(result.failures) + len(result.errors)]))
"""


def _cases(name: str) -> list[tuple[int, int]]:
    chance = random.Random(f"unit tested {name}")
    scope: dict = {}
    exec(SOURCES[name], scope)
    numbers = [1, 2, 10, 99, 100, *(chance.randint(3, 2000) for _ in range(25))]
    return [(number, scope[name](number)) for number in numbers]


def oracle(task: dict) -> str:
    """Write the function."""
    return SOURCES[task["answer"]]


def reward(prompt: str, completion: str, answer: str) -> float:
    """Run the suite in a process of its own; the token shows that the suite reported, and not
    the solution.
    """
    token = secrets.token_hex(8)
    job = json.dumps([token, answer, completion, _cases(answer)]) + "\n"
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", SUITE],
            input=job,
            capture_output=True,
            text=True,
            timeout=4,
            errors="replace",
        )
        return float(json.loads(done.stdout) == [token, 1, 0])
    except (subprocess.TimeoutExpired, ValueError, RecursionError):
        return 0.0
