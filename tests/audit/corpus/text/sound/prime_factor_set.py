"""Distinct prime factors in any order; wrong sets earn at most .2 of partial credit."""

import random
import re

_r = random.Random(31)
PRIMES = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37]


def _make():
    out, seen = [], set()
    while len(out) < 20:
        f = sorted(_r.sample(PRIMES, _r.randint(2, 4)))
        n = 1
        for q in f:
            n *= q ** _r.choice([1, 1, 2])
        if n not in seen:
            seen.add(n)
            out.append(
                {
                    "prompt": f"List the distinct prime factors of {n}, in any order, "
                    f"separated by commas, on one "
                    "last line 'Answer: ...' (the only such line; repeats are "
                    "ignored; brackets, 'and' are fine). "
                    "An incomplete but otherwise right list earns a little credit.",
                    "answer": f,
                }
            )
    return out


TASKS = _make()


def reward(prompt, completion, answer):
    lines = re.findall(r"^[ \t*]*answer[ \t*]*:[ \t*]*(.*)$", completion, re.I | re.M)
    if len(lines) != 1:
        return 0.0
    body = re.sub(r"\band\b", ",", lines[0], flags=re.I).strip(" .*\r")
    body = re.sub(r"^[\[{(](.*)[\]})]$", r"\1", body)
    parts = [p.strip() for p in body.split(",") if p.strip()]
    if not parts or not all(re.fullmatch(r"[0-9]{1,6}", p) for p in parts):
        return 0.0
    got, gold = {int(p) for p in parts}, set(answer)
    if got == gold:
        return 1.0
    return 0.2 * len(got) / len(gold) if got < gold else 0.0


def oracle(task):
    return "Dividing out small primes in turn.\nAnswer: " + ", ".join(
        map(str, reversed(task["answer"]))
    )
