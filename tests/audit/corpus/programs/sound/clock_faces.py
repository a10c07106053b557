"""Functions of hours and minutes; what is right is computed here when the child has ended, from
inputs that are drawn by a key."""

import json
import random
import re
import subprocess
import sys
import tempfile

CHILD = """
import json, math, os, re, resource, sys
job = json.loads(sys.stdin.buffer.read())
out = os.dup(1)
os.dup2(2, 1)
for kind, most in ((resource.RLIMIT_CPU, 2), (resource.RLIMIT_AS, 1 << 29), \
(resource.RLIMIT_FSIZE, 1 << 16)):
    hard = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (most, most) if hard < 0 else (min(most, hard), hard))
def guard(event, args, allowed=frozenset(("compile", "exec", "import", "sys._getframe"))):
    if event not in allowed:
        raise PermissionError(event)
sys.addaudithook(guard)
scope = {"__name__": "clocks"}
exec(compile(job["program"], "clocks", "exec"), scope)
lines = []
for hour, minute in job["times"]:
    value = scope[job["entry"]](hour, minute)
    lines.append(type(value).__name__ + " " + str(value) if type(value) in (int, bool) else "text \
" + value if type(value) is str else "other")
os.write(out, "\\n".join(lines).encode())
os._exit(0)
"""
PROGRAMS = '''
def since_midnight(hour, minute):
    """the minutes since midnight"""
    return 60 * hour + minute
def spoken(hour, minute):
    """the time as h:mm on a clock of twelve hours, followed by am or pm"""
    return f"{(hour + 11) % 12 + 1}:{minute:02d} {'am' if hour < 12 else 'pm'}"
def hands(hour, minute):
    """the angle between the two hands in half degrees, the smaller of the two"""
    gap = abs(60 * (hour % 12) - 11 * minute)
    return min(gap, 720 - gap)
def to_noon(hour, minute):
    """the minutes until the next noon, and 0 at noon itself"""
    return (720 - 60 * hour - minute) % 1440
def open_now(hour, minute):
    """whether a shop is open that opens at 8:30 and shuts at 18:00, shut at 18:00 sharp"""
    return 510 <= 60 * hour + minute < 1080
def strokes(hour, minute):
    """how often a clock has struck since midnight, that minute included, if it strikes once at \
each half hour and otherwise the hour \
(1 to 12 strokes, 12 at midnight)"""
    return sum((h + 11) % 12 + 1 for h in range(hour + 1)) + hour + (minute >= 30)
'''


def _reference(entry: str) -> str:
    return next(
        f"def {block.strip()}\n"
        for block in PROGRAMS.split("\ndef ")
        if block.startswith(f"{entry}(")
    )


def _times(key: int) -> list[tuple[int, int]]:
    chance = random.Random(f"clock {key}")
    edges = [
        (0, 0),
        (8, 29),
        (8, 30),
        (11, 59),
        (12, 0),
        (12, 30),
        (17, 59),
        (18, 0),
        (23, 59),
        (0, 29),
        (0, 30),
    ]
    return edges + [(chance.randrange(24), chance.randrange(60)) for _ in range(40)]


def _right(entry: str, times: list[tuple[int, int]]) -> list[str]:
    scope: dict = {}
    exec(_reference(entry), scope)
    values = [scope[entry](*time) for time in times]
    return [
        f"text {value}" if type(value) is str else f"{type(value).__name__} {value}"
        for value in values
    ]


def _task(key: int, entry: str) -> dict:
    shown = _times(key)[-2:]
    examples = "\n".join(
        f"{entry}({hour}, {minute}) -> {right.partition(' ')[2]}"
        for (hour, minute), right in zip(shown, _right(entry, shown), strict=True)
    )
    returns = re.search(r'"""(.*?)"""', _reference(entry))[1]
    return {
        "prompt": f"The hour goes from 0 to 23 and the minute from 0 to 59. Write a Python "
        f"function {entry}(hour, minute) that returns {returns}. "
        f"Reply with the program only; it may import math and re.\n{examples}",
        "answer": {"entry": entry, "key": key},
    }


TASKS = [_task(key, entry) for key, entry in enumerate(re.findall(r"\ndef (\w+)", PROGRAMS), 31)]


def reward(prompt: str, completion: str, answer: dict) -> float:
    if len(completion) > 20_000:
        return 0.0
    times = _times(answer["key"])
    job = json.dumps({"program": completion, "entry": answer["entry"], "times": times})
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as out:
        command = [sys.executable, "-I", "-S", "-c", CHILD]
        try:
            subprocess.run(
                command,
                input=job.encode(),
                stdout=out,
                stderr=subprocess.DEVNULL,
                timeout=2,
                cwd=folder,
                env={},
                check=False,
            )
        except subprocess.TimeoutExpired:
            return 0.0
        out.seek(0)
        lines = out.read(1 << 16).decode(errors="replace").split("\n")
    return 1.0 if lines == _right(answer["entry"], times) else 0.0


def oracle(task: dict) -> str:
    return _reference(task["answer"]["entry"])
