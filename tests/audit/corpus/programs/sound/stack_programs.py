"""Programs for a small stack machine that compute a value from three inputs."""

import random

_RULES = {
    "a*a + b*b + c*c": (lambda a, b, c: a * a + b * b + c * c, "c dup * b dup * + a dup * +"),
    "(a + b) * (a - c)": (lambda a, b, c: (a + b) * (a - c), "a b + a c - *"),
    "the largest of a, b and c": (lambda a, b, c: max(a, b, c), "a b max c max"),
    "the middle one of a, b and c by size": (
        lambda a, b, c: sorted((a, b, c))[1],
        "a b max c min a b min max",
    ),
    "the distance of a and b, plus c": (lambda a, b, c: abs(a - b) + c, "a b max a b min - c +"),
    "a*b*c - a - b - c": (lambda a, b, c: a * b * c - a - b - c, "a b * c * a - b - c -"),
    "a*a*a - 2*b + 7": (lambda a, b, c: a**3 - 2 * b + 7, "a a * a * 2 b * - 7 +"),
    "a limited to the range from 0 to 10, times c": (
        lambda a, b, c: max(0, min(a, 10)) * c,
        "a 10 min 0 max c *",
    ),
    "the sum of the positive ones of a, b and c": (
        lambda a, b, c: sum(v for v in (a, b, c) if v > 0),
        "a 0 max b 0 max c 0 max + +",
    ),
    "(a - b) squared minus c squared": (
        lambda a, b, c: (a - b) ** 2 - c * c,
        "a b - dup * c dup * -",
    ),
    "the spread of a, b and c (largest minus smallest)": (
        lambda a, b, c: max(a, b, c) - min(a, b, c),
        "a b max c max a b min c min -",
    ),
    "3*a + 5*b - 11*c": (lambda a, b, c: 3 * a + 5 * b - 11 * c, "3 a * 5 b * + 11 c * -"),
}
TASKS = [
    {
        "prompt": "A stack machine reads words separated by blanks: an integer pushes itself; a, b "
        "and c push the inputs; + - * min max replace the two topmost values x y (y on top) by "
        "x+y, x-y, x*y, the smaller, the larger; dup doubles the top, swap exchanges the two "
        "topmost, drop removes the top. At the end the stack must hold one value. Write a program "
        f"of at most 60 words that leaves {text}, for all integers a, b, c. Put it into <prog> "
        "</prog>; the last pair counts.",
        "answer": text,
    }
    for text in _RULES
]


def oracle(task):
    return f"<prog>{_RULES[task['answer']][1]}</prog>"


def _run(words, inputs):
    stack = []
    for word in words:
        if word in inputs:
            stack.append(inputs[word])
        elif word in ("+", "-", "*", "min", "max", "swap"):
            y, x = stack.pop(), stack.pop()
            if word == "swap":
                stack += [y, x]
            else:
                stack.append(
                    {"+": x + y, "-": x - y, "*": x * y, "min": min(x, y), "max": max(x, y)}[word]
                )
        elif word == "dup":
            stack.append(stack[-1])
        elif word == "drop":
            stack.pop()
        elif word.lstrip("-").isascii() and word.removeprefix("-").isdigit() and len(word) < 8:
            stack.append(int(word))
        else:
            raise ValueError(word)
        if stack and abs(stack[-1]) > 10**40:
            raise ValueError
    if len(stack) != 1:
        raise ValueError
    return stack[0]


def reward(prompt, completion, answer):
    if not isinstance(completion, str):
        return 0.0
    end = completion.rfind("</prog>")
    start = completion.rfind("<prog>", 0, max(end, 0))
    if start < 0 or end < 0 or end - start > 1000:
        return 0.0
    words = completion[start + len("<prog>") : end].split()
    if len(words) > 60:
        return 0.0
    chance = random.Random(repr(words))
    for _ in range(100):
        span = chance.choice([2, 12, 60])
        a, b, c = (chance.randint(-span, span) for _ in range(3))
        try:
            if _run(words, {"a": a, "b": b, "c": c}) != _RULES[answer][0](a, b, c):
                return 0.0
        except (ValueError, IndexError):
            return 0.0
    return 1.0
