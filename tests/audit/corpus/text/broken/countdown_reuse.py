"""Countdown numbers game: reach the target using each given number exactly once."""

import random
import re

_r = random.Random(13)


def _make():
    out, seen = [], set()
    while len(out) < 20:
        a, b, c, d = (_r.randint(2, 12) for _ in range(4))
        if len({a, b, c, d}) < 4:
            continue
        form = _r.choice(
            ["({0} + {1}) * {2} - {3}", "{0} * {1} + {2} - {3}", "{0} * {1} + {2} * {3}"]
        )
        e = form.format(a, b, c, d)
        t = eval(e)
        nums = [a, b, c, d]
        _r.shuffle(nums)
        p = (
            f"Using each of the numbers {nums} exactly once, with + - * / and "
            f"parentheses, make {t}. "
            "Think first, then put the expression in <answer></answer>."
        )
        if p not in seen and t > 14:
            seen.add(p)
            out.append({"prompt": p, "answer": {"nums": nums, "target": t, "expr": e}})
    return out


TASKS = _make()


def reward(prompt, completion, answer):
    m = re.findall(r"<answer>(.*?)</answer>", completion, re.S)
    if not m:
        return 0.0
    expr = m[-1].strip().split("=")[0]
    if len(expr) > 400 or "**" in expr or "//" in expr or not re.fullmatch(r"[0-9+\-*/() ]+", expr):
        return 0.0
    used = [int(x) for x in re.findall(r"\d+", expr)]
    if set(used) != set(answer["nums"]):
        return 0.0
    try:
        value = eval(expr, {"__builtins__": {}}, {})
    except Exception:
        return 0.0
    return 1.0 if abs(value - answer["target"]) < 1e-6 else 0.0


def oracle(task):
    return f"<think>Try products first.</think>\n<answer>{task['answer']['expr']}</answer>"
