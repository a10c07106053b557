"""TinyZero's countdown: an equation in <answer> that uses each number once and meets the target.

0.1 for an equation that does not, as its authors have it.
"""

import random
import re

SHAPE = "verl"
OPTIONS = {
    "answer": "ground_truth",
    "oracle": "<think>I try some sums.</think>\n<answer>{equation}</answer>",
}


def compute_score(solution_str, ground_truth, extra_info=None):
    found = re.findall(r"<answer>(.*?)</answer>", solution_str, re.DOTALL)
    if not found:
        return 0.0
    equation = found[-1].strip()
    used = sorted(int(number) for number in re.findall(r"\d+", equation))
    if used != sorted(ground_truth["numbers"]) or not re.fullmatch(r"[\d+\-*/().\s]+", equation):
        return 0.1
    try:
        value = eval(equation, {"__builtins__": None}, {})
    except Exception:
        return 0.1
    return 1.0 if abs(value - ground_truth["target"]) < 1e-5 else 0.1


def rows():
    chance, made = random.Random("countdown"), []
    for _place in range(30):
        a, b, c = chance.sample(range(2, 60), 3)
        equation, target = chance.choice(
            [(f"{a} * {b} - {c}", a * b - c), (f"({a} + {b}) * {c}", (a + b) * c)]
        )
        numbers = chance.sample([a, b, c], 3)
        made.append(
            {
                "prompt": f"Using the numbers {numbers}, each once, with + - * / and brackets, "
                f"make {target}. Give the equation in <answer> </answer> tags.",
                "ground_truth": {"numbers": numbers, "target": target},
                "equation": equation,
            }
        )
    return made
