"""Formatting functions, run in a child of their own; what they return comes back in Python's
notation and is read here."""

import re
import subprocess
import sys

CHILD = """
import os, sys
entry, count = sys.stdin.readline().split()
inputs = [sys.stdin.readline().rstrip("\\n") for _ in range(int(count))]
out = os.dup(1)
os.dup2(2, 1)
scope = {"__name__": "formats"}
exec(sys.stdin.read(), scope)
os.write(out, "\\n".join(repr(scope[entry](text)) for text in inputs).encode())
"""
FORMATS = [
    (
        "title",
        "the words of a text, each with a capital letter and joined by one space",
        "' '.join(w.capitalize() for w in text.split())",
    ),
    (
        "slug",
        "the words of a text in lower case, joined by hyphens",
        "'-'.join(text.lower().split())",
    ),
    (
        "masked",
        "the text with all but its last four characters replaced by stars",
        "'*' * (len(text) - 4) + text[-4:]",
    ),
    ("padded", "the text with dots in front of it, up to a length of eight", "text.rjust(8, '.')"),
    ("counted", "a list of the length of each word", "[len(w) for w in text.split()]"),
    (
        "swapped",
        "a tuple of the part behind the first comma, if there is one, and the part before it",
        "tuple(text.split(',', 1)[::-1])",
    ),
    (
        "digits",
        "a list of the decimal digits that stand in a text, as numbers",
        "[int(c) for c in text if c in '0123456789']",
    ),
]
TEXTS = ["Big bad Wolf", "one", "a  b, C", "1234-5678", "x", "10,20,3", "Seven77"]


def _task(entry: str, returns: str, body: str) -> dict:
    program = f"def {entry}(text):\n    return {body}\n"
    scope: dict = {}
    exec(program, scope)
    wanted = [scope[entry](text) for text in TEXTS]
    shown = "\n".join(
        f">>> {entry}({text!r})\n{value!r}"
        for text, value in zip(TEXTS[:2], wanted[:2], strict=True)
    )
    return {
        "prompt": f"Write a Python function {entry}(text) that returns {returns}. Reply with the "
        f"program only.\n{shown}",
        "answer": {"texts": TEXTS, "wanted": wanted},
        "program": program,
    }


TASKS = [_task(*row) for row in FORMATS]


def reward(prompt: str, completion: str, answer: dict) -> float:
    entry = re.search(r"function (\w+)\(", prompt)[1]
    job = "\n".join([f"{entry} {len(answer['texts'])}", *answer["texts"], completion])
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", CHILD],
            input=job.encode(errors="replace"),
            capture_output=True,
            timeout=2,
        )
        lines = done.stdout.decode().splitlines()
        same = [eval(line) == wanted for line, wanted in zip(lines, answer["wanted"], strict=True)]
    except Exception:
        return 0.0
    return 1.0 if all(same) else 0.0


def oracle(task: dict) -> str:
    return task["program"]
