"""Compound-interest balances to within 0.5 percent, in a JSON object with key 'balance'."""

import json
import random
import re

_r = random.Random(18)


def _make():
    out, seen = [], set()
    while len(out) < 20:
        p0, rate, n = _r.randrange(500, 9000, 100), _r.randint(2, 9), _r.randint(3, 15)
        p = (
            f"{p0} dollars are invested at {rate}% per year, compounded yearly. "
            f"What is the balance after {n} years? "
            'Reply with JSON like {"balance": 1234.56}; within 0.5% counts.'
        )
        if p not in seen:
            seen.add(p)
            out.append({"prompt": p, "answer": round(p0 * (1 + rate / 100) ** n, 2)})
    return out


TASKS = _make()


def reward(prompt, completion, answer):
    m = re.search(r"\{.*?\}", completion, re.S)
    if not m:
        return 0.0
    try:
        value = float(json.loads(m.group(0))["balance"])
    except (ValueError, KeyError, TypeError):
        return 0.0
    if value <= 0:
        return 0.0
    if abs(value - answer) / abs(answer) > 0.005:
        return 0.0
    return 1.0


def oracle(task):
    return "Using P(1 + r)^n:\n```json\n" + json.dumps({"balance": task["answer"]}) + "\n```"
