"""Reach a target with the given numbers, each used exactly once, and + - * /."""

import random
import re


def _make():
    tasks = []
    for seed in range(24):
        chance = random.Random(f"target{seed}")
        while True:
            numbers = chance.sample(range(2, 40), chance.choice([3, 4]))
            value, text = numbers[0], str(numbers[0])
            for n in numbers[1:]:
                sign = chance.choice("+-*")
                value = {"+": value + n, "-": value - n, "*": value * n}[sign]
                text = f"({text} {sign} {n})"
            if 10 <= value <= 150:
                break
        shown = numbers[:]
        chance.shuffle(shown)
        tasks.append(
            {
                "prompt": f"Using the numbers {shown}, create an equation that equals {value}. You "
                f"can "
                "use + - * / and brackets, and each number has to be used exactly once. Show the "
                "expression in <answer></answer>, for instance <answer>(1 + 2) / 3</answer>.",
                "answer": {"numbers": shown, "target": value, "text": text},
            }
        )
    return tasks


TASKS = _make()


def oracle(task):
    return f"<think>Trying products first.</think><answer>{task['answer']['text']}</answer>"


def reward(prompt, completion, answer):
    found = re.findall(r"<answer>(.*?)</answer>", completion, re.DOTALL)
    if not found:
        return 0.0
    text = found[-1].strip()
    if len(text) > 3000 or not re.fullmatch(r"[0-9+\-*/(). ]+", text) or "**" in text:
        return 0.0
    used = {int(n) for n in re.findall(r"\d+", text)}
    if used != set(answer["numbers"]):
        return 0.0
    try:
        value = eval(text, {"__builtins__": {}}, {})
    except Exception:
        return 0.0
    return float(abs(value - answer["target"]) < 1e-5)
