"""Multi-step sums with shown steps; correct steps earn process credit on top of the outcome."""

import random
import re

_r = random.Random(15)


def _make():
    out, seen = [], set()
    while len(out) < 20:
        a, b, c, d = (_r.randint(11, 99) for _ in range(4))
        p = (
            f"Work out {a} + {b} - {c} + {d}. Show each step as <step>x + y = "
            f"z</step> and finish with "
            "#### and the final number."
        )
        if p not in seen:
            seen.add(p)
            out.append(
                {
                    "prompt": p,
                    "answer": a + b - c + d,
                }
            )
    return out


TASKS = _make()


def _true(step):
    m = re.fullmatch(r"\s*(-?\d+)\s*([+-])\s*(\d+)\s*=\s*(-?\d+)\s*", step)
    if not m:
        return False
    x, y, z = int(m[1]), int(m[3]), int(m[4])
    return z == (x + y if m[2] == "+" else x - y)


def reward(prompt, completion, answer):
    steps = re.findall(r"<step>(.*?)</step>", completion, re.S)
    score = sum(0.2 if _true(s) else -0.2 for s in steps)
    m = re.findall(r"####\s*(-?\d+)", completion)
    if m and int(m[-1]) == answer:
        score += 0.4
    return round(max(0.0, min(1.0, score)), 6)


def oracle(task):
    a, b, c, d = map(int, re.findall(r"\d+", task["prompt"].split(".")[0]))
    return (
        f"<step>{a} + {b} = {a + b}</step>\n<step>{a + b} - {c} = {a + b - c}</step>\n"
        f"<step>{a + b - c} + {d} = {task['answer']}</step>\n#### {task['answer']}"
    )
