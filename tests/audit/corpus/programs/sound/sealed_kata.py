"""Programs run in a sealed grandchild: no file can be opened there, it knows the inputs only,
and values are compared here."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile

HARNESS = """
import bisect, collections, functools, heapq, itertools, json, math, operator, os, re, resource, \
signal, string, sys
job = json.load(sys.stdin)
child = os.fork()
if child:
    def late(*_):
        os.kill(child, signal.SIGKILL)
    signal.signal(signal.SIGALRM, late)
    signal.alarm(3)
    os.waitpid(child, 0)
    sys.exit()
try:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
except OSError:
    pass
for kind, most in (("CPU", 1), ("AS", 1 << 29), ("FSIZE", 1 << 16), ("NPROC", 0), ("CORE", 0), \
("NOFILE", 0)):
    hard = resource.getrlimit(getattr(resource, "RLIMIT_" + kind))[1]
    most = most if hard < 0 else min(most, hard)
    resource.setrlimit(getattr(resource, "RLIMIT_" + kind), (most, most))
scope = {"__name__": "submission"}
try:
    exec(compile(job["program"], "submission", "exec"), scope)
    os.write(1, ("\\n" + json.dumps([scope[job["entry"]](*given) for given in \
job["inputs"]])).encode())
finally:
    os._exit(0)
"""
WORDS = (
    "|a|ab|aba|abc|aab|level|noon|seven|Radar|xx|zyx|a b a|hello "
    "world|mississippi|Bookkeeper|AAAbbb|x1y2"
).split("|")
LISTS = json.loads("""[[], [5], [1, 2], [2, 1], [0, 0, 0], [3, -3, 3], [5, 4, 3, 2, 1], [1, 2, 2, \
3, 3, 3], [-1, -5, -2],
    [7, 7, 1, 9, 9], [10, -20, 30, -40], [2, 4, 6, 8, 1, 3], [-1, 2, -1, 2, -9, 3]]""")
NUMBERS = [*range(1, 10), 12, 16, 25, 28, 36, 49, 60, 97, 100, 121, 128, 360, 496, 997, 1000]
INPUTS = {"text": WORDS, "xs": LISTS, "n": NUMBERS}
KATA = """
# returns the list of [character, length] of each run of the same character
def runs(text):
    out = []
    for c in text:
        if out and out[-1][0] == c:
            out[-1][1] += 1
        else:
            out.append([c, 1])
    return out
# returns the first character that occurs once, or the empty text
def first_single(text):
    return next((c for c in text if text.count(c) == 1), "")
# returns the largest sum of neighbouring elements of a list, taking at least none (sum 0)
def best_slice(xs):
    best = here = 0
    for x in xs:
        here = max(0, here + x)
        best = max(best, here)
    return best
# counts the pairs of a list in which the earlier element is larger
def inversions(xs):
    return sum(a > b for i, a in enumerate(xs) for b in xs[i + 1:])
# returns all divisors of n (at least 1), smallest first
def divisors(n):
    return [d for d in range(1, n + 1) if n % d == 0]
# returns the longest run of zeros between two ones in the binary form of n, or 0
def binary_gap(n):
    return max(len(zeros) for zeros in bin(n)[2:].strip("0").split("1"))
"""


def _task(block: str) -> dict:
    does, program = block.split("\n", 1)
    entry, argument = re.match(r"def (\w+)\((\w+)\)", program).groups()
    scope: dict = {}
    exec(program, scope)
    cases = [[[given], scope[entry](given)] for given in INPUTS[argument]]
    shown = "\n".join(f">>> {entry}({given!r})\n{value!r}" for (given,), value in cases[6:9])
    return {
        "prompt": f"Write a Python function {entry}({argument}) that {does}. No file can be "
        f"opened, and of the modules only math, re, itertools, "
        f"functools, collections, heapq, bisect, string and operator imported. Reply "
        f"with the program only.\n{shown}",
        "answer": cases,
        "program": program,
    }


TASKS = [_task(block) for block in KATA.split("\n# ")[1:]]


def reward(prompt: str, completion: str, answer: list) -> float:
    entry = prompt.removeprefix("Write a Python function ").split("(")[0]
    if len(completion) > 20_000:
        return 0.0
    job = json.dumps(
        {"program": completion, "entry": entry, "inputs": [given for given, _ in answer]}
    )
    with tempfile.TemporaryFile() as out:
        command = [sys.executable, "-I", "-S", "-c", HARNESS]
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={},
            start_new_session=True,
        )
        try:
            child.communicate(job.encode(), timeout=8)
        except (subprocess.TimeoutExpired, OSError):
            return 0.0
        finally:
            with contextlib.suppress(OSError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        out.seek(0)
        written = out.read(1 << 16)
    try:
        values = json.loads(written.split(b"\n")[-1])
        return (
            1.0 if json.dumps(values) == json.dumps([expected for _, expected in answer]) else 0.0
        )
    except (ValueError, RecursionError):
        return 0.0


def oracle(task: dict) -> str:
    return task["program"]
