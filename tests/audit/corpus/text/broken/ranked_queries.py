"""Ranked lists by SQL; the query is run on a small table and its rows are compared."""

import random
import re
import sqlite3

_COLUMNS = ["id", "name", "city", "points", "age"]


def _rows():
    chance = random.Random("members")
    names = ["ada", "bob", "cid", "dot", "eve", "fay", "gus", "hal", "ivy", "joe", "kim", "lea"]
    cities = ["Bonn", "Metz", "Bari"]
    points, ages = chance.sample(range(100, 999), 12), chance.sample(range(18, 80), 12)
    return [(i + 1, n, chance.choice(cities), points[i], ages[i]) for i, n in enumerate(names)]


_MEMBERS = _rows()


def _make():
    tasks = []
    for seed in range(18):
        chance = random.Random(f"ranked{seed}")
        by = chance.choice(["points", "age"])
        down = chance.random() < 0.5
        if seed % 2:
            limit = chance.randint(200, 450) if by == "points" else chance.randint(20, 35)
            text, where = f"all members with {by} above {limit}", f"{by} > {limit}"
        else:
            city = chance.choice(["Bonn", "Metz", "Bari"])
            text, where = f"all members from {city}", f"city = '{city}'"
        tasks.append(
            {
                "prompt": "Table members(id, name, city, points, age). Write one SQL query that "
                "lists "
                f"the names of {text}, sorted by {by} from "
                f"{'high to low' if down else 'low to high'}. "
                "Put it into ```sql fences.",
                "answer": f"SELECT name FROM members WHERE {where} ORDER BY {by}"
                + (" DESC" if down else ""),
            }
        )
    return tasks


TASKS = _make()


def oracle(task):
    return f"```sql\n{task['answer']}\n```"


def _run(query):
    base = sqlite3.connect(":memory:")
    try:
        base.execute(f"CREATE TABLE members ({', '.join(_COLUMNS)})")
        base.executemany("INSERT INTO members VALUES (?, ?, ?, ?, ?)", _MEMBERS)
        base.set_progress_handler(lambda: 1, 200000)
        return base.execute(query).fetchmany(500)
    except (sqlite3.Error, sqlite3.Warning, ValueError):
        return None
    finally:
        base.close()


def reward(prompt, completion, answer):
    found = re.findall(r"```sql\s*(.*?)```", completion, re.DOTALL)
    if not found or len(found[-1]) > 2000:
        return 0.0
    made, wanted = _run(found[-1].strip()), _run(answer)
    return float(made is not None and sorted(map(str, made)) == sorted(map(str, wanted)))
