"""Queries on a table of sales, run on fresh tables with the rows in a given order."""

import random
import sqlite3

_NAMES = ["Ann", "Ben", "Cho", "Dag", "Eva", "Flo"]
_AREAS = ["north", "south", "east"]
_ALLOWED = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}
_FUNCTIONS = set(
    "count sum max min avg total abs round coalesce ifnull nullif iif upper lower length substr "
    "trim row_number rank dense_rank first_value last_value lag lead instr".split()
)


def _make():
    rows = []
    for k in (8, 12, 15):
        rows.append(
            (
                f"the name and the number of sales with amount of at least {k}, for each name "
                "that has such sales, by name from A to Z",
                f"SELECT name, COUNT(*) FROM sales WHERE amount >= {k} GROUP BY name ORDER BY name",
            )
        )
        rows.append(
            (
                f"the ids of the sales with an amount above {k}, smallest id first",
                f"SELECT id FROM sales WHERE amount > {k} ORDER BY id",
            )
        )
        rows.append(
            (
                f"the names (each once, A to Z) whose amounts sum to more than {k * 8}",
                f"SELECT name FROM sales GROUP BY name HAVING SUM(amount) > {k * 8} ORDER BY name",
            )
        )
    for area in _AREAS:
        rows.append(
            (
                f"the name and the summed amount in area {area}, highest sum first, equal "
                "sums by name from A to Z",
                f"SELECT name, SUM(amount) FROM sales WHERE area = '{area}' GROUP BY name "
                "ORDER BY SUM(amount) DESC, name",
            )
        )
        rows.append(
            (
                f"the largest amount and the number of sales in area {area}, one row",
                f"SELECT MAX(amount), COUNT(*) FROM sales WHERE area = '{area}'",
            )
        )
        rows.append(
            (
                f"day and id of all sales outside area {area}, latest day first, on the same "
                "day the smaller id first",
                f"SELECT day, id FROM sales WHERE area <> '{area}' ORDER BY day DESC, id",
            )
        )
    return [
        {
            "prompt": "SQLite table sales(id INTEGER, name TEXT, area TEXT, amount INTEGER, day "
            f"INTEGER), no NULLs. Select {text}. Give exactly these columns in this order, in one "
            "SELECT statement with no other than the common functions, in a ```sql block; the last "
            "such block is run on tables of up to 150 rows.",
            "answer": query,
        }
        for text, query in rows
    ]


TASKS = _make()


def oracle(task):
    return f"```sql\n{task['answer']};\n```"


def _guard(kind, _, name, *rest):
    if kind == sqlite3.SQLITE_FUNCTION and str(name).lower() not in _FUNCTIONS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK if kind in _ALLOWED else sqlite3.SQLITE_DENY


def _table(seed):
    chance = random.Random(seed)
    base = sqlite3.connect(":memory:")
    base.execute(
        "CREATE TABLE sales (id INTEGER, name TEXT, area TEXT, amount INTEGER, day INTEGER)"
    )
    amounts = []
    for name in _NAMES:
        total = chance.choice([0, 64, 96, 120]) + chance.randint(-1, 1)
        while total > 0:
            amounts.append((name, min(total, chance.randint(1, 20))))
            total -= amounts[-1][1]
    rows = [(name, chance.choice(_AREAS), amount) for name, amount in amounts]
    one, two = chance.sample(_NAMES, 2)
    rows = [row for row in rows if row[0] != two]
    rows += [(two, area, amount) for name, area, amount in rows if name == one]
    chance.shuffle(rows)
    ids = chance.sample(range(1, 500), len(rows))
    base.executemany(
        "INSERT INTO sales VALUES (?, ?, ?, ?, ?)",
        [(i, *row, chance.randint(1, 12)) for i, row in zip(ids, rows)],
    )
    base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 20000)
    base.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 20)
    base.set_authorizer(_guard)
    base.set_progress_handler(lambda: 1, 300000)
    return base


def _run(base, query):
    try:
        return base.execute(query).fetchmany(200)
    except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError, MemoryError):
        return None


def reward(prompt, completion, answer):
    if not isinstance(completion, str):
        return 0.0
    start = completion.rfind("```sql")
    end = completion.find("```", start + 6)
    if start < 0 or end < 0 or end - start > 3000:
        return 0.0
    query = completion[start + 6 : end].strip()
    right = 0
    for i in range(40):
        base = _table(f"{i}{query!r}")
        try:
            wanted, made = _run(base, answer), _run(base, query)
        finally:
            base.close()
        if made != wanted:
            return 0.0
        right += bool(wanted)
        if right == 9:
            return 1.0
    return 0.0
