"""Select-all-that-apply questions on divisibility; only the exact letter set earns full marks."""

import random
import re

_r = random.Random(41)


def _make():
    out, seen = [], set()
    while len(out) < 24:
        k = _r.randint(3, 9)
        nums = _r.sample(range(20, 200), 5)
        good = "".join(x for x, n in zip("ABCDE", nums) if n % k == 0)
        key = (k, tuple(nums))
        if not 1 <= len(good) <= 4 or key in seen:
            continue
        seen.add(key)
        body = "\n".join(f"{x}. {n}" for x, n in zip("ABCDE", nums))
        out.append(
            {
                "prompt": f"Which of these are divisible by {k}? Select all that "
                f"apply.\n{body}\nFinish with one line "
                "'Answer: <letters>', such as 'Answer: A, C' or 'Answer: ca' "
                "(order, case, commas, spaces and 'and' "
                "do not matter).",
                "answer": good,
            }
        )
    return out


TASKS = _make()


def reward(prompt, completion, answer):
    lines = re.findall(r"^[ \t*]*answer[ \t*]*:(.*)$", completion, re.I | re.M)
    if len(lines) != 1:
        return 0.0
    s = re.sub(r"\band\b|&", ",", lines[0], flags=re.I).strip().strip("*. ")
    s = re.sub(r"[\s,()]", "", s).upper()
    if not re.fullmatch(r"[A-E]{1,5}", s) or len(set(s)) != len(s):
        return 0.0
    return 1.0 if set(s) == set(answer) else 0.0


def oracle(task):
    return "Checking each remainder in turn.\n**Answer:** " + ", ".join(task["answer"])
