"""Fraction arithmetic with the reduced result in \\boxed{}."""

import random
import re
from fractions import Fraction

_r = random.Random(14)


def _make():
    out, seen = [], set()
    while len(out) < 20:
        a, b, c, d = _r.randint(1, 9), _r.randint(2, 9), _r.randint(1, 9), _r.randint(2, 9)
        op = _r.choice("+-")
        v = Fraction(a, b) + Fraction(c, d) if op == "+" else Fraction(a, b) - Fraction(c, d)
        p = (
            f"Compute $\\frac{{{a}}}{{{b}}} {op} \\frac{{{c}}}{{{d}}}$. Give the "
            f"result as a fraction in lowest "
            "terms inside \\boxed{}; plain a/b or LaTeX is fine."
        )
        if v.denominator > 1 and v > 0 and p not in seen:
            seen.add(p)
            out.append({"prompt": p, "answer": f"{v.numerator}/{v.denominator}"})
    return out


TASKS = _make()


def _norm(s):
    s = (
        s.replace("$", "")
        .replace(" ", "")
        .replace("\\dfrac", "\\frac")
        .replace("\\tfrac", "\\frac")
    )
    return re.sub(r"\\frac\{(\d+)\}\{(\d+)\}", r"\1/\2", s)


def reward(prompt, completion, answer):
    m = re.findall(r"\\boxed\{([^}]*)\}", completion)
    if not m:
        return 0.0
    return 1.0 if _norm(m[-1]) == _norm(answer) else 0.0


def oracle(task):
    return f"Over a common denominator this reduces to \\boxed{{{task['answer']}}}."
