"""Fraction products in \\boxed{}: any exactly equal form is right, LaTeX or plain."""

import random
import re
from fractions import Fraction

_r = random.Random(37)


def _make():
    out, seen = [], set()
    while len(out) < 20:
        a, b, c, d = _r.randint(1, 12), _r.randint(2, 12), _r.randint(1, 12), _r.randint(2, 12)
        v = (
            Fraction(-a, b) * Fraction(c, d)
            if _r.random() < 0.3
            else Fraction(a, b) * Fraction(c, d)
        )
        s = "-" if v < 0 else ""
        if v not in seen:
            seen.add(v)
            out.append(
                {
                    "prompt": f"Compute {s}{a}/{b} times {c}/{d}. Put the value in one "
                    f"\\boxed{{}}. Any exactly equal "
                    "fraction (reduced or not; a/b, \\frac, \\dfrac), integer, or "
                    "terminating decimal is accepted; "
                    "rounded decimals are not.",
                    "answer": f"{v.numerator}/{v.denominator}",
                }
            )
    return out


TASKS = _make()


def _boxed(t):
    if t.count("\\boxed{") != 1:
        return None
    i = j = t.index("\\boxed{") + 7
    depth = 1
    while j < len(t):
        depth += {"{": 1, "}": -1}.get(t[j], 0)
        if depth == 0:
            return t[i:j]
        j += 1
    return None


def _value(s):
    s = s.replace("−", "-").strip().strip("$").strip()
    s = re.sub(r"\s*/\s*", "/", re.sub(r"^-\s+", "-", s))
    if len(s) > 40:
        return None
    if m := re.fullmatch(
        r"(-?)\s*\\[dt]?frac\s*(?:\{\s*(-?[0-9]+)\s*\}\s*\{\s*([0-9]+)\s*\}|([0-9])\s*([0-9]))", s
    ):
        num, den = m[2] or m[4], m[3] or m[5]
        sign = -1 if m[1] else 1
    elif m := re.fullmatch(r"(-?[0-9]+)/([0-9]+)", s):
        num, den, sign = m[1], m[2], 1
    else:
        return Fraction(s) if re.fullmatch(r"-?(?:[0-9]+|[0-9]*\.[0-9]+)", s) else None
    return sign * Fraction(int(num), int(den)) if int(den) else None


def reward(prompt, completion, answer):
    b = _boxed(completion)
    v = _value(b) if b is not None else None
    return 1.0 if v is not None and v == Fraction(answer) else 0.0


def oracle(task):
    n, d = task["answer"].split("/")
    body = n if d == "1" else f"{'-' if n[0] == '-' else ''}\\frac{{{n.lstrip('-')}}}{{{d}}}"
    return f"Multiply numerators and denominators, then cancel: $\\boxed{{{body}}}$."
