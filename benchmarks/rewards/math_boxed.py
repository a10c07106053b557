r"""MATH: the last \boxed{...}, found by counting braces, equal after a little normalising."""

import random

SHAPE = "trl"
OPTIONS = {"oracle": "The terms are collected. \\boxed{{solution}}"}


def last_boxed(text):
    start = text.rfind("\\boxed{")
    if start < 0:
        return None
    depth = 0
    for place in range(start + 6, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return text[start + 7 : place]
    return None


def normal(text):
    for old, new in (("\\left", ""), ("\\right", ""), ("\\!", ""), ("dfrac", "frac"), (" ", "")):
        text = text.replace(old, new)
    text = text.replace("^\\circ", "").replace("\\%", "").replace("%", "").replace("\\$", "")
    return text.rstrip(".").lstrip("0") or "0"


def accuracy_reward(completions, solution, **kwargs):
    contents = [completion[0]["content"] for completion in completions]
    found = [last_boxed(content) for content in contents]
    return [
        0.0 if one is None else float(normal(one) == normal(gold))
        for one, gold in zip(found, solution, strict=True)
    ]


def rows():
    chance, made = random.Random("boxed"), []
    for place in range(30):
        a, b, c = chance.randint(2, 12), chance.randint(13, 40), chance.randint(2, 9)
        if place % 3 == 0:
            text, gold = f"Write {a}/{b * c + 1} as a fraction.", f"\\frac{{{a}}}{{{b * c + 1}}}"
        elif place % 3 == 1:
            text, gold = f"Expand (x+{a})(x+{b}).", f"x^2+{a + b}x+{a * b}"
        else:
            text, gold = f"What is {a} times {b} minus {c}?", str(a * b - c)
        prompt = [{"role": "user", "content": f"{text} Put the final answer in \\boxed{{}}."}]
        made.append({"prompt": prompt, "solution": gold})
    return made
