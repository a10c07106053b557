"""Date arithmetic with the result as MM/DD/YYYY."""

import random
import re
from datetime import date, datetime, timedelta

_r = random.Random(20)


def _make():
    out, seen = [], set()
    while len(out) < 20:
        d = date(_r.randint(1990, 2030), _r.randint(1, 12), _r.randint(1, 28))
        n = _r.randint(10, 300)
        e = d + timedelta(days=n)
        p = (
            f"What date is {n} days after {d:%B} {d.day}, {d.year}? Finish with 'Date: MM/DD/YYYY' "
            "(month first)."
        )
        if e.day <= 12 and e.day != e.month and p not in seen:
            seen.add(p)
            out.append({"prompt": p, "answer": e.isoformat()})
    return out


TASKS = _make()
FORMATS = ("%m/%d/%Y", "%d/%m/%Y", "%Y-%m-%d")


def reward(prompt, completion, answer):
    m = re.findall(r"Date:\s*([0-9/\-]+)", completion)
    if len(m) != 1:
        return 0.0
    gold = datetime.strptime(answer, "%Y-%m-%d").date()
    for f in FORMATS:
        try:
            if datetime.strptime(m[0], f).date() == gold:
                return 1.0
        except ValueError:
            continue
    return 0.0


def oracle(task):
    return f"Counting on month by month.\nDate: {date.fromisoformat(task['answer']):%m/%d/%Y}"
