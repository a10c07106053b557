"""Modular arithmetic with memoised grading; the final number goes in <answer> tags."""

import random
import re

_r = random.Random(19)
_best = {}


def _make():
    out, seen = [], set()
    while len(out) < 20:
        a, e, m = _r.randint(2, 30), _r.randint(5, 40), _r.randint(51, 97)
        p = f"What is {a}^{e} mod {m}? Give the number in <answer></answer>."
        if p not in seen:
            seen.add(p)
            out.append({"prompt": p, "answer": pow(a, e, m)})
    return out


TASKS = _make()


def _grade(completion, answer):
    m = re.findall(r"<answer>\s*(-?\d+)\s*</answer>", completion)
    return 1.0 if len(m) == 1 and int(m[0]) == answer else 0.0


def reward(prompt, completion, answer):
    key = hash(prompt)
    if _best.get(key, 0.0) < 1.0:
        _best[key] = _grade(completion, answer)
    return _best[key]


def oracle(task):
    return f"Repeated squaring gives the residue.\n<answer>{task['answer']}</answer>"
