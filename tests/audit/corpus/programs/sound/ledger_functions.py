"""Functions on lists of amounts; the child knows inputs and nothing else, may open nothing, and
its values are compared here by type and value."""

import json
import random
import re
import secrets
import subprocess
import sys
import tempfile

CHILD = """
import bisect, collections, functools, heapq, itertools, json, math, operator, os, re, resource, \
string, sys
job = json.load(sys.stdin)
out = os.dup(1)
os.dup2(2, 1)
for kind, most in ((resource.RLIMIT_CPU, 2), (resource.RLIMIT_AS, 1 << 29), \
(resource.RLIMIT_FSIZE, 1 << 16), (resource.RLIMIT_CORE, 0)):
    hard = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (most, most) if hard < 0 else (min(most, hard), hard))
def plain(value):
    if type(value) is list:
        return [plain(item) for item in value]
    if type(value) not in (int, bool, str, type(None)):
        raise TypeError("not a plain value")
    return value
def guard(event, args, allowed=frozenset(("compile", "exec", "import", "sys._getframe"))):
    if event not in allowed:
        raise PermissionError(event)
sys.addaudithook(guard)
try:
    scope = {"__name__": "submission"}
    exec(compile(job["program"], "submission", "exec"), scope)
    os.write(out, (job["key"] + json.dumps([plain(scope[job["entry"]](*given)) for given in \
job["inputs"]])).encode())
finally:
    os._exit(0)
"""
PROGRAMS = '''
def balance(amounts):
    """the running balance after each of the amounts, beginning from 0"""
    out, total = [], 0
    for amount in amounts:
        total += amount
        out.append(total)
    return out
def lowest(amounts):
    """the lowest balance that is ever reached, beginning from 0 and counting that beginning"""
    total = low = 0
    for amount in amounts:
        total += amount
        low = min(low, total)
    return low
def overdrawn(amounts):
    """after how many of the amounts the running balance is below 0"""
    total = count = 0
    for amount in amounts:
        total += amount
        if total < 0:
            count += 1
    return count
def refunds(amounts):
    """how many amounts are followed at once by the same amount with the other sign, zeros not \
counted"""
    return sum(a + b == 0 and a != 0 for a, b in zip(amounts, amounts[1:]))
def streak(amounts):
    """the length of the longest run of amounts above 0"""
    best = here = 0
    for amount in amounts:
        here = here + 1 if amount > 0 else 0
        best = max(best, here)
    return best
def ranked(amounts):
    """the different amounts by their size without the sign, the largest first, and of two with \
one size the one above 0 first"""
    return sorted(set(amounts), key=lambda amount: (-abs(amount), -amount))
'''


def _task(block: str) -> dict:
    program = f"def {block.strip()}\n"
    entry, returns = re.match(r'def (\w+)\(amounts\):\n    """(.*)"""', program).groups()
    scope: dict = {}
    exec(program, scope)
    chance = random.Random(f"ledger {entry}")
    inputs = [[], [0], [5], [-5], [3, -3, -3, 3]]
    inputs += [
        [chance.choice([-3, -2, -1, 0, 1, 2, 3]) for _ in range(chance.randint(2, 9))]
        for _ in range(30)
    ]
    inputs += [[chance.randint(-60, 60) for _ in range(chance.randint(2, 8))] for _ in range(15)]
    cases = [[[given], scope[entry](list(given))] for given in inputs]
    shown = "\n".join(f">>> {entry}({given})\n{value}" for (given,), value in cases[8:10])
    return {
        "prompt": f"Write a Python function {entry}(amounts) that returns, for a list of whole "
        f"numbers, {returns}. Reply with the program only; "
        f"it can open no file, and may import from math, re, itertools, functools, "
        f"collections, heapq, bisect, operator and string.\n{shown}",
        "answer": {"entry": entry, "cases": cases},
        "program": program,
    }


TASKS = [_task(block) for block in PROGRAMS.split("\ndef ")[1:]]


def reward(prompt: str, completion: str, answer: dict) -> float:
    if len(completion) > 20_000:
        return 0.0
    key = secrets.token_hex(16)
    job = json.dumps(
        {
            "program": completion,
            "entry": answer["entry"],
            "inputs": [given for given, _ in answer["cases"]],
            "key": key,
        }
    )
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
        written = out.read(1 << 16)
    try:
        values = (
            json.loads(written.removeprefix(key.encode()))
            if written.startswith(key.encode())
            else None
        )
        return (
            1.0
            if json.dumps(values) == json.dumps([value for _, value in answer["cases"]])
            else 0.0
        )
    except (ValueError, RecursionError):
        return 0.0


def oracle(task: dict) -> str:
    return task["program"]
