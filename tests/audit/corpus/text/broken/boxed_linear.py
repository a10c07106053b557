"""Linear equations and sums; the value in the last box counts, LaTeX dressing is taken off."""

import random
import re


def _make():
    tasks = []
    for seed in range(24):
        chance = random.Random(f"linear{seed}")
        kind = seed % 3
        if kind == 0:
            a, x, b = chance.randint(2, 9), chance.choice([-1, 1]) * chance.randint(2, 19), 7
            b = chance.randint(-30, 30)
            text, value = f"Solve {a}x + ({b}) = {a * x + b} for x.", x
        elif kind == 1:
            p, q = chance.randint(10, 60), chance.randint(61, 140)
            text, value = f"What is {p} - {q}?", p - q
        else:
            p, q, r = (chance.randint(2, 12) for _ in range(3))
            text, value = f"Compute {p} * {q} - {r} * {q + 5}.", p * q - r * (q + 5)
        if value == 0:
            value, text = -4, "What is 9 - 13?"
        tasks.append(
            {
                "prompt": f"{text} Think step by step and put the final answer in \\boxed{{}}.",
                "answer": str(value),
            }
        )
    return tasks


TASKS = _make()


def oracle(task):
    return f"Both sides are brought into order first.\nThe answer is $\\boxed{{{task['answer']}}}$."


def _last_box(text):
    start = text.rfind("\\boxed{")
    if start < 0:
        return None
    depth, out = 1, []
    for letter in text[start + len("\\boxed{") :]:
        depth += (letter == "{") - (letter == "}")
        if depth == 0:
            return "".join(out)
        out.append(letter)
    return None


def _clean(text):
    text = re.sub(r"\\text\{[^}]*\}", "", text)
    for word in ("\\left", "\\right", "\\displaystyle", "\\,", "\\!", "\\ "):
        text = text.replace(word, "")
    text = re.sub(r"^\s*[a-z]\s*=", "", text.strip())
    return re.sub(r"[^0-9a-z/.]", "", text.lower()).rstrip(".")


def reward(prompt, completion, answer):
    box = _last_box(completion)
    if box is None:
        return 0.0
    return 1.0 if _clean(box) == _clean(answer) else 0.0
