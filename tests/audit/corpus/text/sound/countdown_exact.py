"""Countdown: any expression over the given numbers, each used exactly once, that hits the
target."""

import ast
import random
import re
from fractions import Fraction

_r = random.Random(33)


def _make():
    out, seen = [], set()
    while len(out) < 20:
        a, b, c, d = (_r.randint(1, 15) for _ in range(4))
        e = _r.choice(
            [f"({a} + {b}) * {c} - {d}", f"{a} * {b} + {c} - {d}", f"{a} * ({b} - {c}) + {d}"]
        )
        t = eval(e)
        nums = sorted([a, b, c, d])
        if t > 15 and (t, tuple(nums)) not in seen:
            seen.add((t, tuple(nums)))
            out.append(
                {
                    "prompt": f"Numbers: {nums}. Target: {t}. Write an expression with + - * "
                    f"/ and parentheses that "
                    "uses every number exactly once and equals the target; any "
                    "solution is accepted. Put it in one "
                    "pair of <answer></answer> tags (minus only between two "
                    "operands); a trailing '= target' may follow.",
                    "answer": {"nums": nums, "target": t, "expr": e},
                }
            )
    return out


TASKS = _make()


def _ev(n, used):
    if isinstance(n, ast.Constant) and type(n.value) is int:
        used.append(n.value)
        return Fraction(n.value)
    if isinstance(n, ast.BinOp) and isinstance(n.op, (ast.Add, ast.Sub, ast.Mult, ast.Div)):
        x, y = _ev(n.left, used), _ev(n.right, used)
        if isinstance(n.op, ast.Add):
            return x + y
        if isinstance(n.op, ast.Sub):
            return x - y
        return x * y if isinstance(n.op, ast.Mult) else x / y
    raise ValueError


def reward(prompt, completion, answer):
    m = re.findall(r"<answer>(.*?)</answer>", completion, re.S)
    if len(m) != 1 or len(m[0]) > 120:
        return 0.0
    s = m[0].strip().replace("×", "*").replace("÷", "/").replace("−", "-")
    s = re.sub(rf"\s*=\s*{answer['target']:d}$", "", s)
    if not re.fullmatch(r"[0-9+\-*/() ]+", s):
        return 0.0
    used = []
    try:
        v = _ev(ast.parse(s.strip(), mode="eval").body, used)
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError, MemoryError):
        return 0.0
    return 1.0 if v == answer["target"] and sorted(used) == sorted(answer["nums"]) else 0.0


def oracle(task):
    return (
        f"A product gets close, then adjust.\n<answer>{task['answer']['expr']} = "
        f"{task['answer']['target']}</answer>"
    )
