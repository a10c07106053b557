"""Multiplication with think/answer tags: 0.1 for the format, 0.9 for the number."""

import random
import re

_r = random.Random(40)


def _make():
    out, seen = [], set()
    while len(out) < 24:
        a, b = _r.randint(12, 99), _r.randint(101, 999)
        if a * b not in seen:
            seen.add(a * b)
            out.append(
                {
                    "prompt": f"What is {a} x {b}? Reply as "
                    f"<think>...</think><answer>...</answer>, one of each and in "
                    "this order; the answer is an integer (thousands commas or a "
                    "trailing .0 are fine). Format is "
                    "worth 0.1, the right number in the right format the other 0.9.",
                    "answer": a * b,
                }
            )
    return out


TASKS = _make()


def reward(prompt, completion, answer):
    if any(completion.count(t) != 1 for t in ("<think>", "</think>", "<answer>", "</answer>")):
        return 0.0
    m = re.fullmatch(r"\s*<think>(.+?)</think>\s*<answer>(.*?)</answer>\s*", completion, re.S)
    if not m or not m[1].strip():
        return 0.0
    s = m[2].strip()
    n = re.fullmatch(r"([0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:\.0{1,6})?", s)
    if not n:
        return 0.1
    return 1.0 if int(n[1].replace(",", "")) == answer else 0.1


def oracle(task):
    return (
        f"<think>Split the larger factor and add the "
        f"parts.</think>\n<answer>{task['answer']:,}</answer>"
    )
