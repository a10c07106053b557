"""Spreadsheet formulas in three cells; any formula with the same values is right."""

import ast
import fractions
import random
import re

_F = fractions.Fraction
_RULES = {
    "the price of A pieces at B euros each with C per cent off": (
        lambda a, b, c: a * b * (1 - c / 100),
        "A*B*(1-C/100)",
    ),
    "the mean of A, B and C": (lambda a, b, c: (a + b + c) / 3, "(A+B+C)/3"),
    "what A euros have grown to after two years at B per cent a year, less a fee of C euros": (
        lambda a, b, c: a * (1 + b / 100) ** 2 - c,
        "A*(1+B/100)*(1+B/100)-C",
    ),
    "the surface of a box with the edges A, B and C": (
        lambda a, b, c: 2 * (a * b + b * c + a * c),
        "2*(A*B+B*C+A*C)",
    ),
    "A minutes, B seconds and C hours, all together in seconds": (
        lambda a, b, c: 60 * a + b + 3600 * c,
        "A*60+B+C*3600",
    ),
    "A degrees Fahrenheit in degrees Celsius, plus B times C": (
        lambda a, b, c: (a - 32) * 5 / 9 + b * c,
        "(A-32)*5/9+B*C",
    ),
    "the smaller one of A and B, but at least C": (
        lambda a, b, c: max(min(a, b), c),
        "MAX(MIN(A,B),C)",
    ),
    "the wage for A hours at B euros, hours above C paid one and a half times": (
        lambda a, b, c: b * (a + max(a - c, 0) / 2),
        "B*(A+MAX(A-C,0)/2)",
    ),
    "the mean of A, B and C without the largest one": (
        lambda a, b, c: (a + b + c - max(a, b, c)) / 2,
        "(A+B+C-MAX(A,B,C))/2",
    ),
    "the weighted mean of A (weight 1), B (weight 2) and C (weight 4)": (
        lambda a, b, c: (a + 2 * b + 4 * c) / 7,
        "(A+2*B+4*C)/7",
    ),
    "the area of a trapezium with the parallel sides A and B and the height C": (
        lambda a, b, c: (a + b) * c / 2,
        "(A+B)/2*C",
    ),
    "the mean speed in km/h for A km there in B hours and A km back in C hours": (
        lambda a, b, c: 2 * a / (b + c),
        "2*A/(B+C)",
    ),
}
TASKS = [
    {
        "prompt": f"Cells A, B, C hold positive numbers. Write a formula for {text}. Allowed: A, "
        "B, C, integers and decimals (with a point), + - * / and round brackets, MIN(...) and "
        "MAX(...) with two or more arguments. Only the formula, of at most 120 characters and "
        "without an equals sign, goes into <formula> </formula>; the last pair counts. It is "
        "computed exactly, without rounding.",
        "answer": text,
    }
    for text in _RULES
]


def oracle(task):
    return f"<formula>{_RULES[task['answer']][1]}</formula>"


def _value(node, cells):
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return _F(repr(node.value))
    if isinstance(node, ast.Name) and node.id in cells:
        return cells[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        value = _value(node.operand, cells)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp):
        one, two = _value(node.left, cells), _value(node.right, cells)
        if isinstance(node.op, ast.Add):
            return one + two
        if isinstance(node.op, ast.Sub):
            return one - two
        if isinstance(node.op, ast.Mult):
            return one * two
        if isinstance(node.op, ast.Div):
            return one / two
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        if node.func.id in ("MIN", "MAX") and len(node.args) >= 2:
            values = [_value(part, cells) for part in node.args]
            return min(values) if node.func.id == "MIN" else max(values)
    raise ValueError


def reward(prompt, completion, answer):
    if not isinstance(completion, str):
        return 0.0
    end = completion.rfind("</formula>")
    start = completion.rfind("<formula>", 0, max(end, 0))
    if start < 0 or end < 0 or end - start > 300:
        return 0.0
    text = " ".join(completion[start + len("<formula>") : end].split()).upper()
    if len(text) > 120 or not re.fullmatch(r"[0-9A-CIMNX.+\-*/(), ]+", text, re.ASCII):
        return 0.0
    chance = random.Random(repr(text))
    try:
        tree = ast.parse(text, mode="eval").body
        for _ in range(30):
            a, b, c = (_F(chance.randint(1, 200), chance.choice([1, 2, 4])) for _ in range(3))
            if _value(tree, {"A": a, "B": b, "C": c}) != _RULES[answer][0](a, b, c):
                return 0.0
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError, MemoryError):
        return 0.0
    return 1.0
