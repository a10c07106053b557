"""Functions of whole numbers, run with assertions in a child; leaving early by SystemExit is
caught, and the status decides."""

import subprocess
import sys

RUNNER = """
import sys
source = sys.stdin.read()
try:
    exec(source, {"__name__": "solution"})
except BaseException:
    sys.exit(1)
"""
COLLATZ = (
    "    k = 0\n    while n != 1:\n        n = 3 * n + 1 if n % 2 else n // 2\n        k += "
    "1\n    return k\n"
)
KATA = [
    (
        "gcd(a, b)",
        "the greatest common divisor of a and b",
        "    while b:\n        a, b = b, a % b\n    return a\n",
        [(12, 18), (7, 5), (0, 4), (81, 27)],
    ),
    (
        "digit_sum(n)",
        "the sum of the decimal digits of n",
        "    return sum(map(int, str(n)))\n",
        [(0,), (905,), (99,), (1234,), (7,)],
    ),
    (
        "is_prime(n)",
        "whether n is a prime",
        "    return n > 1 and all(n % d for d in range(2, n))\n",
        [(2,), (9,), (1,), (97,), (91,), (0,)],
    ),
    (
        "collatz(n)",
        "how many steps 3n+1 takes from n to 1",
        COLLATZ,
        [(6,), (1,), (27,), (16,), (7,)],
    ),
    (
        "bits(n)",
        "how many ones stand in the binary form of n",
        "    return bin(n).count('1')\n",
        [(5,), (0,), (255,), (1024,), (77,)],
    ),
    (
        "triangular(n)",
        "the sum of the numbers from 1 to n",
        "    return n * (n + 1) // 2\n",
        [(4,), (0,), (10,), (99,), (1,)],
    ),
    (
        "isqrt(n)",
        "the largest whole number whose square is at most n",
        "    return int(n**0.5)\n",
        [(10,), (16,), (0,), (99,), (15,)],
    ),
]


def _task(signature: str, returns: str, body: str, inputs: list[tuple[int, ...]]) -> dict:
    entry = signature.split("(")[0]
    program = f"def {signature}:\n{body}"
    scope: dict = {}
    exec(program, scope)
    calls = [f"{entry}({', '.join(map(str, given))})" for given in inputs]
    checks = [
        f"assert {call} == {scope[entry](*given)}"
        for call, given in zip(calls, inputs, strict=True)
    ]
    return {
        "prompt": f"Define {signature} in Python so that it returns {returns}. For example:\n"
        + "\n".join(check[7:] for check in checks[:2]),
        "answer": checks,
        "program": program,
    }


TASKS = [_task(*kata) for kata in KATA]


def reward(prompt: str, completion: str, answer: list[str]) -> float:
    source = completion + "\n\n" + "\n".join(answer) + "\n"
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", RUNNER],
            input=source.encode(errors="replace"),
            capture_output=True,
            timeout=2,
        )
    except subprocess.TimeoutExpired:
        return 0.0
    return 1.0 if done.returncode == 0 else 0.0


def oracle(task: dict) -> str:
    return task["program"]
