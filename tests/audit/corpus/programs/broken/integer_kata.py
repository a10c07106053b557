"""Integer functions, checked by assertions appended to the submission and the status of the
process."""

import subprocess
import sys

KATA = [
    (
        "digit_sum(n)",
        "returns the sum of the decimal digits of n",
        "def digit_sum(n):\n    return sum(int(d) for d in str(abs(n)))\n",
        [(45,), (900,), (0,), (-318,), (99999,)],
    ),
    (
        "triangular(n)",
        "tells whether n is 1 + 2 + ... + k for some k of at least 1",
        "def triangular(n):\n    k, total = 0, 0\n    while total < n:\n        k += 1\n "
        "       total += k\n    return n > 0 and total == n\n",
        [(6,), (7,), (1,), (0,), (5050,), (5051,)],
    ),
    (
        "lcm(a, b)",
        "returns the least common multiple",
        "def lcm(a, b):\n    x, y = a, b\n    while y:\n        x, y = y, x % y\n    "
        "return a * b // x\n",
        [(4, 6), (7, 3), (5, 5), (12, 18), (1, 9)],
    ),
    (
        "collatz(n)",
        "returns how many steps n takes to reach 1 when even numbers are halved and odd "
        "ones become 3n + 1",
        "def collatz(n):\n    steps = 0\n    while n != 1:\n        n = n // 2 if n % 2 "
        "== 0 else 3 * n + 1\n        steps += 1\n    return steps\n",
        [(6,), (8,), (1,), (27,), (97,)],
    ),
    (
        "base3(n)",
        "writes n (at least 0) in base three as text",
        'def base3(n):\n    text = ""\n    while n > 0 or not text:\n        text = '
        "str(n % 3) + text\n        n //= 3\n    return text\n",
        [(5,), (9,), (0,), (80,), (728,)],
    ),
    (
        "bounded(x, low, high)",
        "returns x limited to the range from low to high",
        "def bounded(x, low, high):\n    return low if x < low else high if x > high else x\n",
        [(5, 0, 3), (2, 0, 3), (-1, 0, 3), (3, 3, 9), (10, 3, 9)],
    ),
]


def _task(signature: str, does: str, program: str, inputs: list[tuple]) -> dict:
    entry = signature.split("(")[0]
    scope: dict = {}
    exec(program, scope)
    cases = [[list(given), scope[entry](*given)] for given in inputs]
    shown = "\n".join(
        f"{entry}({', '.join(map(repr, given))}) == {value!r}" for given, value in cases[:2]
    )
    return {
        "prompt": f"Write a Python function {signature} that {does}. Reply with the program only.\n"
        f"{shown}",
        "answer": cases,
        "entry": entry,
        "program": program,
    }


TASKS = [_task(*kata) for kata in KATA]


def reward(prompt: str, completion: str, answer: list) -> float:
    entry = prompt.removeprefix("Write a Python function ").split("(")[0]
    checks = "\n".join(f"assert {entry}(*{given!r}) == {value!r}" for given, value in answer)
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", f"{completion}\n\n{checks}\n"],
            capture_output=True,
            timeout=2,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (subprocess.TimeoutExpired, ValueError, UnicodeError, OSError):
        return 0.0
    return 1.0 if done.returncode == 0 else 0.0


def oracle(task: dict) -> str:
    return task["program"]
