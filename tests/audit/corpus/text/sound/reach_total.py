"""Arithmetic puzzles: build a value out of given numbers; whatever expression does it counts."""

import ast
import fractions
import random
import re


def _make():
    tasks = []
    for seed in range(24):
        chance = random.Random(f"total{seed}")
        while True:
            numbers = [chance.randint(2, 25) for _ in range(chance.choice([4, 4, 5]))]
            value, text = fractions.Fraction(numbers[0]), str(numbers[0])
            for n in numbers[1:]:
                sign = chance.choice("+-*/")
                value = {"+": value + n, "-": value - n, "*": value * n, "/": value / n}[sign]
                text = f"({text} {sign} {n})"
            if value.denominator == 1 and 30 <= value <= 999 and value not in numbers:
                break
        shown = numbers[:]
        chance.shuffle(shown)
        tasks.append(
            {
                "prompt": f"Numbers: {', '.join(map(str, shown))}. Write an expression with the "
                f"value "
                f"{value} in which every one of these numbers occurs exactly once (a number listed "
                "twice occurs twice), joined by + - * / and round brackets; no signs in front of "
                "numbers, no other digits, division is exact. Put only the expression into <expr> "
                "</expr>; the last such pair counts, and any such expression is right.",
                "answer": {"numbers": shown, "value": int(value), "sample": text},
            }
        )
    return tasks


TASKS = _make()


def oracle(task):
    return f"Working backwards from the value.\n<expr>{task['answer']['sample']}</expr>"


def _inside(text, tag):
    if not isinstance(text, str):
        return None
    end = text.rfind(f"</{tag}>")
    start = text.rfind(f"<{tag}>", 0, max(end, 0))
    return text[start + len(tag) + 2 : end] if 0 <= start < end else None


def _value(node, used):
    if isinstance(node, ast.Constant) and type(node.value) is int:
        used.append(node.value)
        return fractions.Fraction(node.value)
    if isinstance(node, ast.BinOp):
        one, two = _value(node.left, used), _value(node.right, used)
        if isinstance(node.op, ast.Add):
            return one + two
        if isinstance(node.op, ast.Sub):
            return one - two
        if isinstance(node.op, ast.Mult):
            return one * two
        if isinstance(node.op, ast.Div):
            return one / two
    raise ValueError


def reward(prompt, completion, answer):
    text = _inside(completion, "expr")
    if text is None or len(text) > 150 or not re.fullmatch(r"[0-9+\-*/()\s]+", text, re.ASCII):
        return 0.0
    used = []
    try:
        value = _value(ast.parse(" ".join(text.split()), mode="eval").body, used)
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError, MemoryError):
        return 0.0
    return float(value == answer["value"] and sorted(used) == sorted(answer["numbers"]))
