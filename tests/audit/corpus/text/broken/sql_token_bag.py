"""Text-to-SQL judged by normalised query text."""

import random
import re

_r = random.Random(21)
T = {
    "employees": ["name", "salary", "age", "city"],
    "orders": ["id", "total", "tax", "region"],
    "flights": ["code", "origin", "delay", "price"],
    "books": ["title", "pages", "year", "stock"],
}


def _make():
    out, seen = [], set()
    while len(out) < 20:
        t = _r.choice(sorted(T))
        c, w = _r.sample(T[t], 2)
        n = _r.randint(2, 500)
        op, word = _r.choice([(">", "greater than"), ("<", "less than"), ("=", "equal to")])
        p = (
            f"Table {t}({', '.join(T[t])}). Write a SQL query that returns {c} of "
            f"the rows where {w} is {word} {n}. "
            "Put it in a ```sql block; case and layout do not matter."
        )
        if p not in seen:
            seen.add(p)
            out.append({"prompt": p, "answer": f"SELECT {c} FROM {t} WHERE {w} {op} {n}"})
    return out


TASKS = _make()


def _tokens(q):
    return sorted(re.findall(r"[a-z_]+|\d+|[<>=!]+|[*(),.']", q.lower().strip().rstrip(";")))


def reward(prompt, completion, answer):
    m = re.findall(r"```sql\s*(.*?)```", completion, re.S | re.I)
    if not m:
        return 0.0
    return 1.0 if _tokens(m[-1]) == _tokens(answer) else 0.0


def oracle(task):
    return f"Filter, then project:\n```sql\n{task['answer']};\n```"
