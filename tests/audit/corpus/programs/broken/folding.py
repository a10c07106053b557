"""Paper-strip functions, tested by a file of checks that is written into the folder of the
submission."""

import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKS = """
CASES = {cases!r}

def run(module):
    for given, expected in CASES:
        found = getattr(module, {entry!r})(list(given))
        if type(found) is not type(expected) or repr(found) != repr(expected):
            return False
    return True
"""
MAIN = """
import sys
key = sys.stdin.readline()
sys.path.insert(0, "")
import solution
import checks
print(key if checks.run(solution) else "no")
"""
STRIPS = [[1, 2, 3, 4], [5], [], [2, 9, 4], [7, 7, 0, 1, 3, 8]]
FOLDED = (
    "[a + b for a, b in zip(xs[: len(xs) // 2], xs[::-1])] + xs[len(xs) // 2 : (len(xs) + 1) // 2]"
)
FOLDS = {
    "fold": (
        "adds the last half of the strip, turned round, to the first half; an odd middle stays",
        FOLDED,
    ),
    "mirror": ("puts the strip turned round behind the strip", "xs + xs[::-1]"),
    "cut": ("gives the strip without its two ends", "xs[1:-1]"),
    "weave": (
        "moves the odd places behind the even places (the first place is 0)",
        "xs[::2] + xs[1::2]",
    ),
    "outer": (
        "adds the two ends, an only one twice, and gives 0 for an empty strip",
        "xs[0] + xs[-1] if xs else 0",
    ),
    "halves": (
        "tells whether the first half adds up to more than the rest",
        "sum(xs[: len(xs) // 2]) > sum(xs[len(xs) // 2 :])",
    ),
}


def _task(entry: str, does: str, body: str) -> dict:
    program = f"def {entry}(xs):\n    return {body}\n"
    scope: dict = {}
    exec(program, scope)
    cases = [(strip, scope[entry](list(strip))) for strip in STRIPS]
    shown = "\n".join(f"{entry}({strip}) == {value}" for strip, value in cases[:2])
    return {
        "prompt": f"A strip is a list of numbers. Write a Python function {entry}(xs) that {does}. "
        f"Reply with the program only.\n{shown}",
        "answer": {"entry": entry, "cases": cases},
        "program": program,
    }


TASKS = [_task(entry, *fold) for entry, fold in FOLDS.items()]


def reward(prompt: str, completion: str, answer: dict) -> float:
    key = secrets.token_hex(12)
    with tempfile.TemporaryDirectory() as folder:
        try:
            Path(folder, "solution.py").write_text(completion, errors="replace")
            Path(folder, "checks.py").write_text(CHECKS.format(**answer))
            command = [sys.executable, "-B", "-S", "-c", MAIN]
            done = subprocess.run(
                command,
                input=key + "\n",
                text=True,
                capture_output=True,
                timeout=2,
                cwd=folder,
                errors="replace",
            )
        except (subprocess.TimeoutExpired, ValueError):
            return 0.0
    return 1.0 if done.returncode == 0 and key in done.stdout.split() else 0.0


def oracle(task: dict) -> str:
    return task["program"]
