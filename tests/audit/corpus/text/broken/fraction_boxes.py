"""Sums of fractions; the answer is a fraction in a box, in LaTeX or with a slash."""

import fractions
import random
import re


def _make():
    tasks = []
    for seed in range(22):
        chance = random.Random(f"fraction{seed}")
        while True:
            a = fractions.Fraction(chance.randint(1, 9), chance.randint(2, 12))
            b = fractions.Fraction(chance.randint(1, 9), chance.randint(2, 12))
            total = a + b if seed % 2 else a * b
            if total.denominator > 1:
                break
        sign = "+" if seed % 2 else "\\cdot"
        tasks.append(
            {
                "prompt": f"What is \\frac{{{a.numerator}}}{{{a.denominator}}} {sign} "
                f"\\frac{{{b.numerator}}}{{{b.denominator}}}? Put the answer, in lowest "
                f"terms, as a/b "
                "or as \\frac{a}{b} in \\boxed{}.",
                "answer": f"{total.numerator}/{total.denominator}",
            }
        )
    return tasks


TASKS = _make()


def oracle(task):
    return f"With a common denominator: \\boxed{{{task['answer']}}}"


def _plain(text):
    text = text.replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac").strip(" $")
    text = re.sub(r"\\frac\{(-?\d+)\}\{(\d+)\}", r"\1/\2", text)
    return text.replace(" ", "")


def reward(prompt, completion, answer):
    found = re.findall(r"\\boxed\{(.*?)\}", completion)
    return float(bool(found) and _plain(found[-1]) == answer)
