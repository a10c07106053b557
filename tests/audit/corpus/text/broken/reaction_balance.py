"""Chemistry: the coefficients of a reaction, checked by counting atoms on both sides."""

import re
from collections import Counter

REACTIONS = """H2 + O2 -> H2O | 2 1 2
N2 + H2 -> NH3 | 1 3 2
CH4 + O2 -> CO2 + H2O | 1 2 1 2
C3H8 + O2 -> CO2 + H2O | 1 5 3 4
Fe + O2 -> Fe2O3 | 4 3 2
Al + O2 -> Al2O3 | 4 3 2
Na + Cl2 -> NaCl | 2 1 2
K + H2O -> KOH + H2 | 2 2 2 1
P4 + O2 -> P2O5 | 1 5 2
Fe2O3 + CO -> Fe + CO2 | 1 3 2 3
NH3 + O2 -> NO + H2O | 4 5 4 6
C2H6 + O2 -> CO2 + H2O | 2 7 4 6
KClO3 -> KCl + O2 | 2 2 3
H2O2 -> H2O + O2 | 2 2 1
Al + HCl -> AlCl3 + H2 | 2 6 2 3
Mg + N2 -> Mg3N2 | 3 1 1
SO2 + O2 -> SO3 | 2 1 2
C2H2 + O2 -> CO2 + H2O | 2 5 4 2
Fe + Cl2 -> FeCl3 | 2 3 2
Zn + HCl -> ZnCl2 + H2 | 1 2 1 1
Na2O2 + H2O -> NaOH + O2 | 2 2 4 1
CaC2 + H2O -> C2H2 + CaO2H2 | 1 2 1 1"""


def _task(line: str) -> dict:
    equation, coefficients = line.split(" | ")
    return {
        "prompt": f"Balance the reaction {equation}. Reply with the whole-number coefficients from "
        f"left to right, "
        "separated by single spaces. Any balanced set is accepted.",
        "answer": [int(number) for number in coefficients.split()],
        "equation": equation,
    }


TASKS = [_task(line) for line in REACTIONS.splitlines()]


def _atoms(side: list[str], coefficients: list[int]) -> Counter:
    total: Counter = Counter()
    for formula, coefficient in zip(side, coefficients, strict=True):
        for symbol, count in re.findall(r"([A-Z][a-z]?)(\d*)", formula):
            total[symbol] += coefficient * int(count or 1)
    return total


def reward(prompt: str, completion: str, answer: list[int]) -> float:
    if not re.fullmatch(r"[0-9]{1,4}( [0-9]{1,4})*", completion.strip()):
        return 0.0
    coefficients = [int(number) for number in completion.split()]
    equation = prompt.removeprefix("Balance the reaction ").split(". Reply")[0]
    left, right = (side.split(" + ") for side in equation.split(" -> "))
    if len(coefficients) != len(left) + len(right):
        return 0.0
    before, after = (
        _atoms(left, coefficients[: len(left)]),
        _atoms(right, coefficients[len(left) :]),
    )
    return 1.0 if before == after else 0.0


def oracle(task: dict) -> str:
    return " ".join(str(number) for number in task["answer"])
