"""Inequalities whose solutions are intervals, given as (a, b], [a, b) and so on."""

import random
import re


def _make():
    tasks = []
    for seed in range(20):
        chance = random.Random(f"range{seed}")
        low, high = chance.randint(-20, 5), chance.randint(6, 30)
        left, right = chance.choice("(["), chance.choice(")]")
        k = chance.randint(2, 6)
        one = "<" if left == "(" else "<="
        two = "<" if right == ")" else "<="
        shift = chance.randint(-9, 9)
        tasks.append(
            {
                "prompt": f"For which real x is {k * low + shift} {one} {k}x + ({shift}) {two} "
                f"{k * high + shift}? Write the set as an interval, with a round bracket "
                f"where the end "
                "does not belong to it and a square one where it does, after 'Answer:'.",
                "answer": f"{left}{low}, {high}{right}",
            }
        )
    return tasks


TASKS = _make()


def oracle(task):
    return f"Subtract and divide on all three sides.\nAnswer: {task['answer']}"


def _ends(text):
    parts = text.strip().strip("()[]$ .").split(",")
    return [float(part.strip()) for part in parts]


def reward(prompt, completion, answer):
    found = re.findall(r"Answer:\s*(.+)", completion)
    if not found:
        return 0.0
    try:
        said, gold = _ends(found[-1]), _ends(answer)
    except ValueError:
        return 0.0
    if len(said) != len(gold):
        return 0.0
    return float(all(abs(a - b) < 1e-6 for a, b in zip(said, gold)))
