"""Tariffs with limits and surcharges; two examples are shown and three more inputs are tried in
a child."""

import json
import re
import subprocess
import sys

CHILD = """
import json, os, sys
job = json.load(sys.stdin)
out = os.dup(1)
os.dup2(2, 1)
scope = {"__name__": "submitted"}
exec(job["program"], scope)
os.write(out, json.dumps([scope[job["entry"]](*given) for given in job["inputs"]]).encode())
"""
PROGRAMS = '''
def postage(grams):
    """the price in cents: 85 up to 20 grams, 160 up to 500, and otherwise 275"""
    return 85 if grams <= 20 else 160 if grams <= 500 else 275
# 5 250 12 90 900
def parking(minutes):
    """the price: free for fewer than 30 minutes, then 2 for every hour that was begun, at most \
12"""
    return 0 if minutes < 30 else min(12, 2 * ((minutes + 59) // 60))
# 10 100 20 200 900
def water(litres):
    """the price: 3 for each litre up to 50, and 5 for each litre above that, with 9 more from \
200 litres"""
    return (3 * litres if litres <= 50 else 150 + 5 * (litres - 50)) + (9 if litres >= 200 else 0)
# 10 60 20 0 80
def ticket(age):
    """the price: 0 below 6, 4 below 18, 9 otherwise, and 6 from 65"""
    return 0 if age < 6 else 4 if age < 18 else 6 if age >= 65 else 9
# 3 30 12 40 70
def bonus(sales):
    """the bonus: nothing below 100, a tenth rounded down up to 1000, and 150 above 1000"""
    return 0 if sales < 100 else sales // 10 if sales <= 1000 else 150
# 50 450 300 20 2000
def speed_fine(over):
    """the fine: 0 up to 3 above the limit, 20 up to 10, 60 up to 25, and otherwise 200"""
    return 0 if over <= 3 else 20 if over <= 10 else 60 if over <= 25 else 200
# 1 15 7 20 40
def library_fee(days):
    """the fee: 0 up to 14 days, then 2 a day with 1 for the letter, at most 30"""
    return 0 if days <= 14 else min(30, 2 * (days - 14) + 1)
# 7 20 10 25 60
'''


def _task(block: str) -> dict:
    program, _, numbers = block.strip().partition("\n# ")
    entry, argument, returns = re.match(r'def (\w+)\((\w+)\):\n    """(.*)"""', program).groups()
    scope: dict = {}
    exec(program, scope)
    inputs = [[int(number)] for number in numbers.split()]
    tests = [[given, scope[entry](*given)] for given in inputs]
    shown = "\n".join(f">>> {entry}({given[0]})\n{value}" for given, value in tests[:2])
    return {
        "prompt": f"Write a Python function {entry}({argument}) that returns {returns}. Reply with "
        f"the program only.\n{shown}",
        "answer": {"entry": entry, "tests": tests},
        "program": program + "\n",
    }


TASKS = [_task("def " + block) for block in PROGRAMS.split("\ndef ")[1:]]


def reward(prompt: str, completion: str, answer: dict) -> float:
    job = json.dumps(
        {
            "program": completion,
            "entry": answer["entry"],
            "inputs": [given for given, _ in answer["tests"]],
        }
    )
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", CHILD],
            input=job.encode(),
            capture_output=True,
            timeout=2,
        )
        values = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError, RecursionError):
        return 0.0
    return 1.0 if json.dumps(values) == json.dumps([value for _, value in answer["tests"]]) else 0.0


def oracle(task: dict) -> str:
    return task["program"]
