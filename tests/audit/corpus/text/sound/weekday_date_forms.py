"""Date arithmetic: ISO or unambiguous written dates are accepted, slashed ones are not."""

import random
import re
from datetime import date, timedelta

_r = random.Random(36)
MON = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]


def _make():
    out, seen = [], set()
    while len(out) < 20:
        d = date(_r.randint(1950, 2040), _r.randint(1, 12), _r.randint(1, 28))
        n = _r.randint(20, 700)
        if d + timedelta(days=n) not in seen:
            seen.add(d + timedelta(days=n))
            out.append(
                {
                    "prompt": f"Which date falls {n} days after {d.isoformat()}? Give it in "
                    f"<answer></answer> (one pair "
                    "only) as YYYY-MM-DD, as '5 March 2024' or as 'March 5, 2024'; "
                    "month names may be cut to three "
                    "letters, any case, and 5th is fine. Slashed dates are not accepted.",
                    "answer": (d + timedelta(days=n)).isoformat(),
                }
            )
    return out


TASKS = _make()


def _month(s):
    hits = [i + 1 for i, m in enumerate(MON) if s == m or s == m[:3]]
    return hits[0] if hits else 0


def _parse(s):
    s = s.strip().lower()
    if m := re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", s):
        y, mo, d = int(m[1]), int(m[2]), int(m[3])
    elif m := re.fullmatch(r"([0-9]{1,2})(?:st|nd|rd|th)? ([a-z]+)\.?,? ([0-9]{4})", s):
        y, mo, d = int(m[3]), _month(m[2]), int(m[1])
    elif m := re.fullmatch(r"([a-z]+)\.? ([0-9]{1,2})(?:st|nd|rd|th)?,? ([0-9]{4})", s):
        y, mo, d = int(m[3]), _month(m[1]), int(m[2])
    else:
        return None
    try:
        return date(y, mo, d)
    except ValueError:
        return None


def reward(prompt, completion, answer):
    m = re.findall(r"<answer>(.*?)</answer>", completion, re.S)
    return 1.0 if len(m) == 1 and _parse(m[0]) == date.fromisoformat(answer) else 0.0


def oracle(task):
    d = date.fromisoformat(task["answer"])
    return f"Counting forward through the months.\n<answer>{d:%B} {d.day}, {d.year}</answer>"
