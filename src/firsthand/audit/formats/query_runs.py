"""Run a query and a changed copy on small generated tables, to see whether they differ in effect.

Tables and columns are those that the query names; values are its own constants and others near
them. SQLite runs both in memory, bounded by steps and sizes. Left out: other dialects, whose
queries SQLite does not run, and subqueries over tables of the same columns.
"""

import random
import re
import sqlite3
from collections.abc import Iterator
from typing import Any

STATEMENT = re.compile(r"^\s*(select|with|update|delete)\b", re.IGNORECASE)
TABLE = re.compile(
    r"\b(?:from|join|update|into)\s+([A-Za-z_]\w*)(?:\s+(?:as\s+)?([A-Za-z_]\w*))?", re.IGNORECASE
)
QUALIFIED = re.compile(r"\b([A-Za-z_]\w*)\.([A-Za-z_]\w*)")
NAME = re.compile(r"(?<![\w.'])([A-Za-z_]\w*)(?![\w(.'])")
COMPARED = re.compile(
    r"(?:\w+\.)?(\w+)\s*(?:[<>=!]=?|<>|like|between|in\s*\()\s*"
    r"('(?:[^']*)'|-?\d+(?:\.\d+)?)",
    re.IGNORECASE,
)
TEXT = re.compile(r"'[^']*'")
KEYWORDS = frozenset(
    "select from where and or not in is null like between group by having order limit offset "
    "distinct as on join inner left right outer cross full natural using union all case when then "
    "else end asc desc exists with update set delete insert into values true false".split()
)
DATABASES = 24
"""Generated databases: queries that differ on one in five of them pass for equal once in 200."""
ROWS = 14
MOST_ROWS = 200
"""Rows of a table at most, where a query has a larger limit."""
MOST_STEPS = 200
"""Thousands of SQLite's own steps that one query may take."""
Tables = dict[str, list[str]]


def same_effect(right: str, changed: str) -> bool | None:
    """Say whether two queries do the same on all generated databases; None where that is not known.

    Unknown is what SQLite does not run, and a query that never has a result.
    """
    if not STATEMENT.match(right):
        return None
    tables = _tables(right)
    if not tables:
        return None
    told = False
    for number in range(DATABASES):
        one = _run(right, tables, right, number)
        two = _run(changed, tables, right, number)
        if one is None or two is None:
            return None
        if one != two:
            return False
        told |= bool(one)
    return True if told else None


def _tables(query: str) -> Tables:
    """Return the tables that a query names, and the columns of each."""
    bare = TEXT.sub("''", query)
    found: Tables = {}
    aliases: dict[str, str] = {}
    for table, alias in TABLE.findall(bare):
        found.setdefault(table, [])
        aliases[table] = table
        if alias and alias.lower() not in KEYWORDS:
            aliases[alias] = table
    for owner, column in QUALIFIED.findall(bare):
        if owner in aliases and column not in found[aliases[owner]]:
            found[aliases[owner]].append(column)
    own = {column for columns in found.values() for column in columns}
    named = set(re.findall(r"\bas\s+(\w+)", bare, re.IGNORECASE))
    for name in dict.fromkeys(NAME.findall(bare)):
        known = name in aliases or name in own or name in named
        if found and not known and name.lower() not in KEYWORDS:
            next(iter(found.values())).append(name)
    return found


def _run(query: str, tables: Tables, constants: str, number: int) -> list[Any] | None:
    """Return the rows of a query, or what it leaves of the tables; None where it cannot run."""
    with sqlite3.connect(":memory:") as base:
        base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 100_000)
        steps = iter(range(MOST_STEPS))
        base.set_progress_handler(lambda: next(steps, None) is None, 1000)
        try:
            for table, rows in _filled(tables, constants, number):
                columns = ", ".join(f'"{name}"' for name in tables[table])
                base.execute(f'CREATE TABLE "{table}" ({columns or "id"})')
                marks = ", ".join("?" * max(1, len(tables[table])))
                base.executemany(f'INSERT INTO "{table}" VALUES ({marks})', rows)
            result = base.execute(query).fetchall()
            if not re.match(r"\s*(select|with)\b", query, re.IGNORECASE):
                left = (base.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables)
                result = [row for rows in left for row in rows]
        except (sqlite3.Error, sqlite3.Warning, OverflowError):
            return None
    ordered = re.search(r"\border\s+by\b", constants, re.IGNORECASE)
    return result if ordered else sorted(result, key=repr)


def _filled(tables: Tables, query: str, number: int) -> Iterator[tuple[str, list[list[Any]]]]:
    """Yield each table with its rows: constants of the query, others near them, small numbers."""
    rng = random.Random(number)
    limit = max((int(n) for n in re.findall(r"\blimit\s+(\d{1,6})\b", query.lower())), default=0)
    count = min(MOST_ROWS, max(ROWS, 4 * limit))
    constants: dict[str, list[Any]] = {}
    for column, value in COMPARED.findall(query):
        text = value[1:-1].strip("%") if value.startswith("'") else ""
        near = [text, text + "x", "other"] if value.startswith("'") else _near(float(value))
        constants.setdefault(column, []).extend(near)
    for table, columns in tables.items():
        pools = [constants.get(column, [0, 1, 2, 3, 4, 5]) for column in columns or ["id"]]
        yield table, [[rng.choice(pool) for pool in pools] for _ in range(count)]


def _near(number: float) -> list[float]:
    return [number + step for step in (-7, -1, 0, 1, 2, 5, 11)]
