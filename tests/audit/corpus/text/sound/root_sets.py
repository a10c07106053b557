"""The rational roots of polynomials in factored and in plain form, in whatever order and form."""

import fractions
import random
import re


def _poly(roots, lead):
    out = [fractions.Fraction(lead)]
    for root in roots:
        longer = out + [fractions.Fraction(0)]
        for i, value in enumerate(out):
            longer[i + 1] -= value * root
        out = longer
    return [int(value) for value in out]


def _make():
    tasks = []
    for seed in range(24):
        chance = random.Random(f"roots{seed}")
        while True:
            roots = [
                fractions.Fraction(chance.randint(-12, 12), chance.choice([1, 1, 2, 5]))
                for _ in range(chance.choice([2, 3]))
            ]
            if len(set(roots)) == len(roots):
                break
        lead = 1
        for root in roots:
            lead *= root.denominator
        poly = _poly(roots, lead)
        degree = len(poly) - 1
        text = " + ".join(f"({c})*x^{degree - i}" for i, c in enumerate(poly))
        tasks.append(
            {
                "prompt": f"Find all roots of {text}. They are rational. Write on the last line "
                "'Roots:' and then every root once, separated by commas, as integers, "
                "fractions such "
                "as -7/2 or exact decimals such as -3.5; the order does not matter, nor "
                "does whether "
                "a fraction is in lowest terms.",
                "answer": [str(root) for root in sorted(roots)],
            }
        )
    return tasks


TASKS = _make()
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(?:/[0-9]{1,9}|\.[0-9]{1,9})?")


def oracle(task):
    return f"Trying divisors of the last coefficient.\nRoots: {', '.join(task['answer'])}"


def reward(prompt, completion, answer):
    if not isinstance(completion, str):
        return 0.0
    line = completion.strip().rpartition("\n")[2].strip().strip("*$ ")
    if not line.startswith("Roots:") or len(line) > 400:
        return 0.0
    body = line[len("Roots:") :].replace("\u2212", "-").lstrip("*$ {").rstrip("*$ .}")
    said = []
    for part in body.split(","):
        part = part.strip()
        if not _NUMBER.fullmatch(part):
            return 0.0
        try:
            said.append(fractions.Fraction(part))
        except (ValueError, ZeroDivisionError):
            return 0.0
    return float(sorted(said) == sorted(map(fractions.Fraction, answer)))
