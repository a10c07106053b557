"""Puzzles with many right answers: what the function returns is verified here, not compared, and
every instance counts."""

import json
import random
import subprocess
import sys
import tempfile

CHILD = """
import bisect, collections, functools, heapq, itertools, json, math, operator, os, re, resource, sys
job = json.load(sys.stdin)
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
scope = {"__name__": "puzzles"}
exec(compile(job["program"], "puzzles", "exec"), scope)
os.write(out, json.dumps([scope[job["entry"]](*given) for given in job["inputs"]]).encode())
os._exit(0)
"""
PROGRAMS = """
def two_places(xs, total):
    # two different places (counted from 0) of the list xs whose numbers add up to total; there \
is always such a pair
    for i, x in enumerate(xs):
        if total - x in xs[i + 1 :]:
            return [i, xs.index(total - x, i + 1)]
def coins(values, total):
    # a list of coins from values, each as often as you like, that adds up to total; the smallest \
value is 1 and total is above 0
    out = []
    for coin in sorted(values, reverse=True):
        out += [coin] * (total // coin)
        total %= coin
    return out
def ordering(n, before):
    # the numbers 0 to n - 1 in an order in which a stands before b for every pair [a, b] of \
before; there is always such an order
    out = []
    while len(out) < n:
        free = [k for k in range(n) if k not in out]
        out.append(next(k for k in free if not any(b == k and a in free for a, b in before)))
    return out
def factors(n, least):
    # two factors [a, b] of n, neither smaller than least; there is always such a pair
    a = next(a for a in range(least, n) if n % a == 0 and n // a >= least)
    return [a, n // a]
def peak(xs, low):
    # a place of the list xs whose number is above low and not smaller than its neighbours; there \
is always one
    return xs.index(max(xs))
def meeting(first, second):
    # an hour from 0 to 23 that is not in the lists first and second of busy hours; there is \
always one
    return next(hour for hour in range(24) if hour not in first + second)
"""


def _instance(entry: str, chance: random.Random) -> list:
    n = chance.randint(4, 9)
    if entry == "two_places":
        xs = [chance.randint(-20, 40) for _ in range(n)]
        return [xs, sum(chance.sample(xs, 2))]
    if entry == "coins":
        return [[1, *chance.sample(range(2, 30), 3)], chance.randint(1, 90)]
    if entry == "ordering":
        order = chance.sample(range(n), n)
        return [
            n,
            [
                [order[i], order[j]]
                for i in range(n)
                for j in range(i + 1, n)
                if j == i + 1 or chance.random() < 0.2
            ],
        ]
    if entry == "factors":
        least = chance.randint(3, 12)
        return [
            chance.choice([least, chance.randint(least, 30)])
            * chance.choice([least, chance.randint(least, 30)]),
            least,
        ]
    if entry == "peak":
        xs = [chance.randint(0, 30) for _ in range(n)]
        return [xs, max(xs) - chance.randint(1, 3)]
    free = chance.randrange(24)
    busy = [hour for hour in range(24) if hour != free and chance.random() < 0.93]
    return [chance.sample(busy, len(busy) // 2), busy]


def _whole(value: object, length: int | None = None) -> bool:
    return (
        type(value) is list
        and (length is None or len(value) == length)
        and all(type(item) is int for item in value)
    )


def _solves(entry: str, given: list, found: object) -> bool:
    one, two = given
    match entry:
        case "two_places":
            return (
                _whole(found, 2)
                and found[0] != found[1]
                and all(0 <= i < len(one) for i in found)
                and one[found[0]] + one[found[1]] == two
            )
        case "coins":
            return _whole(found) and set(found) <= set(one) and sum(found) == two
        case "ordering":
            return (
                _whole(found)
                and sorted(found) == list(range(one))
                and all(found.index(a) < found.index(b) for a, b in two)
            )
        case "factors":
            return _whole(found, 2) and min(found) >= two and found[0] * found[1] == one
        case "peak":
            near = (
                one[max(0, found - 1) : found + 2]
                if type(found) is int and 0 <= found < len(one)
                else []
            )
            return bool(near) and one[found] > two and one[found] == max(near)
    return type(found) is int and 0 <= found < 24 and found not in one + two


def _task(block: str) -> dict:
    head, comment, *body = block.strip().splitlines()
    entry = head.split("(")[0]
    program = "\n".join([f"def {head}", *body, ""])
    chance = random.Random(f"any {entry}")
    inputs = [_instance(entry, chance) for _ in range(30)]
    scope: dict = {}
    exec(program, scope)
    shown = "\n".join(
        f"{entry}({', '.join(map(str, given))}) may be {scope[entry](*given)}"
        for given in inputs[:2]
    )
    return {
        "prompt": f"Write a Python function {head.rstrip(':')} that returns {comment.strip(' #')}. "
        f"Any right answer counts. Program only.\n{shown}",
        "answer": {"entry": entry, "inputs": inputs},
        "program": program,
    }


TASKS = [_task(block) for block in PROGRAMS.split("\ndef ")[1:]]


def reward(prompt: str, completion: str, answer: dict) -> float:
    if len(completion) > 20_000:
        return 0.0
    job = json.dumps({"program": completion, **answer})
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
            out.seek(0)
            found = json.loads(out.read(1 << 16))
        except (subprocess.TimeoutExpired, ValueError, RecursionError):
            return 0.0
    if type(found) is not list or len(found) != len(answer["inputs"]):
        return 0.0
    return (
        1.0
        if all(
            _solves(answer["entry"], given, value)
            for given, value in zip(answer["inputs"], found, strict=True)
        )
        else 0.0
    )


def oracle(task: dict) -> str:
    return task["program"]
