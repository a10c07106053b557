"""A report whose query is too slow: real SQLite, real plans, judged by what the query costs.

Cost is counted in instructions of SQLite's virtual machine, so a faster computer makes nothing
pass. The rows have to be the same, also on databases that the agent never sees: constants in place
of a query fail there. Queries disguise columns in expressions, so that an index alone does not help
at high levels. Left out: indexes on expressions, which would do without a rewriting, and changes of
tables.
"""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import lru_cache
from itertools import product
from typing import Annotated

import msgspec

from firsthand.environment import Action, Environment, Observation, Score, ToolCall, tool
from firsthand.errors import ToolError
from firsthand.sandbox.sql import execute
from firsthand.task import Task

SIZES = (1000, 3000, 1000)
SMALL = (60, 300, 400)
"""Rows of the unseen databases on which a rewriting is compared."""
UNSEEN = 2
LIMITS = {1: 2000, 2: 2000, 3: 2000, 4: 6000, 5: 6000}
"""Level to the steps that the query has to stay below. Without help it takes 9,000 at least, with
half of what helps 2,200 (levels 2 and 3) or 15,900 (4 and 5); what helps needs at most 1,500 and
3,300 (300 instances a level).
"""
SHOWN = 12
MOST_ROWS = 2000


PARENTS = ("customer", "reader", "patient", "tenant", "member", "supplier", "school", "farm")
CHILDREN = ("order", "loan", "visit", "contract", "booking", "shipment", "inspection", "claim")
GRANDCHILDREN = ("reminder", "charge", "note", "receipt", "complaint", "attachment")
STATES = ("open", "checked", "closed", "refused")


class Theme(msgspec.Struct, frozen=True):
    """What three tables are about, each the parent of the next, and names of their columns."""

    parent: str
    child: str
    grandchild: str
    place: str
    state: str
    day: str
    figure: str

    @property
    def tables(self) -> dict[str, tuple[str, ...]]:
        """The names of the tables and of their columns."""
        return {
            f"{self.parent}s": ("id", "name", self.place),
            f"{self.child}s": ("id", f"{self.parent}_id", self.day, self.figure, self.state),
            f"{self.grandchild}s": ("id", f"{self.child}_id", "units"),
        }


def _theme(rng: random.Random) -> Theme:
    return Theme(
        rng.choice(PARENTS),
        rng.choice(CHILDREN),
        rng.choice(GRANDCHILDREN),
        rng.choice(("city", "branch", "ward", "region", "district", "site")),
        rng.choice(("status", "condition", "urgency", "phase", "grade")),
        rng.choice(("made_on", "opened_on", "dated", "entered_on", "signed_on")),
        rng.choice(("amount", "fee", "minutes", "weight", "points")),
    )


PLACES = 40
MONTHS = 24
INDEXES = {1: 1, 2: 1, 3: 1, 4: 2, 5: 3}


class Problem(msgspec.Struct, frozen=True):
    """A slow query, a fast one with its indexes, and what the data are made of."""

    theme: Theme
    factors: tuple[int, ...]
    slow: str
    fast: str
    indexes: tuple[tuple[str, tuple[str, ...]], ...]
    place: str
    edges: tuple[str, ...]
    """Days around the ends of the period, which unseen databases hold in every state."""


class QueryPlan(Environment):
    """Make a slow query fast by indexes and rewriting, without changing what it returns."""

    name = "data/query_plan"
    version = "1"
    turns = 24
    base_rate = 0.02  # a table and a column guessed at level 1
    statement = (
        "A report runs a query that is too slow. Make it cheap: create indexes, rewrite the query, "
        "or both, and then submit; nothing counts before that, and nothing can be done after it. "
        "The report must return the same rows in the same order as before, also when the data "
        "change, and must stay below the given number of steps of SQLite's virtual machine. The "
        "number of indexes is limited, and tables cannot be changed. Days are texts like "
        "2031-04-30."
    )

    def reset(self, task: Task) -> Observation:
        """Draw the query and the seeds of the data; the database is built when it is first used."""
        rng = task.rng("instance")
        while True:
            self.problem = _problem(rng, task.level)
            if task.owns(msgspec.json.encode(self.problem).decode()):
                break
        self.most, self.limit = INDEXES[task.level], LIMITS[task.level]
        self.query = self.problem.slow
        self.indexes: dict[str, tuple[str, tuple[str, ...]]] = {}
        self.image, self.submitted, self.same, self.steps = b"", False, False, 0
        allowed = "one index" if self.most == 1 else f"{self.most} indexes"
        return Observation(
            f"The report's query:\n{self.query}\nIt has to stay below {self.limit:,} steps, and "
            f"you may create {allowed}."
        )

    def _database(self) -> bytes:
        if not self.image:
            self.image = _built(self.problem, 0)
        return self.image

    @tool
    def schema(self) -> str:
        """Show the tables, how many rows they have, the indexes, and the report's query."""
        return "\n".join(
            [
                _schema(self.problem.theme),
                *(
                    f"-- {table}: {rows:,} rows"
                    for table, rows in zip(self.problem.theme.tables, SIZES, strict=True)
                ),
                *(
                    f"CREATE INDEX {name} ON {table} ({', '.join(columns)});"
                    for name, (table, columns) in self.indexes.items()
                ),
                f"-- The report's query:\n{self.query}",
            ]
        )

    @tool
    async def explain(self, sql: str = "") -> str:
        """Show SQLite's plan for a query, without one for the report's."""
        result = await execute(
            self._database(), f"EXPLAIN QUERY PLAN {sql or self.query}", client=self
        )
        return "\n".join(str(row[-1]) for row in result.rows) or "(no plan)"

    @tool
    async def run(self, sql: str = "") -> str:
        """Execute a query, without one the report's: its cost and its first rows."""
        result = await execute(self._database(), sql or self.query, rows=MOST_ROWS, client=self)
        rows = [" | ".join(map(_cell, row)) for row in (result.columns, *result.rows[:SHOWN])]
        cost = f"{result.steps:,} steps" if result.steps else "fewer than 1,000 steps"
        return "\n".join([*rows, f"({len(result.rows)} rows, {cost})"])

    @tool
    def create_index(
        self, table: str, columns: Annotated[list[str], msgspec.Meta(min_length=1, max_length=4)]
    ) -> str:
        """Create an index on columns of a table, in the order given."""
        known = self.problem.theme.tables
        if table not in known:
            raise ToolError(f"There is no table {table!r}; there are: {', '.join(known)}.")
        if unknown := [column for column in columns if column not in known[table]]:
            raise ToolError(
                f"{table} has no column {unknown[0]!r}; it has: {', '.join(known[table])}."
            )
        if len(set(columns)) < len(columns):
            raise ToolError("A column can be in an index only once.")
        if len(self.indexes) >= self.most:
            raise ToolError(f"There may be {self.most} at most: drop an index first.")
        number = next(n for n in range(1, 99) if f"index_{n}" not in self.indexes)
        self._change(f"CREATE INDEX index_{number} ON {table} ({', '.join(columns)})")
        self.indexes[f"index_{number}"] = (table, tuple(columns))
        return f"Created index_{number}."

    @tool
    def drop_index(self, name: str) -> str:
        """Drop an index that was created."""
        if name not in self.indexes:
            raise ToolError(
                f"There is no index {name!r}; there are: {', '.join(self.indexes) or 'none'}."
            )
        self._change(f"DROP INDEX {name}")
        del self.indexes[name]
        return f"Dropped {name}."

    def _change(self, sql: str) -> None:
        """Execute a statement that was put together here, of names that exist."""
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.deserialize(self._database())
            connection.execute(sql)
            connection.commit()
            self.image = connection.serialize()

    @tool
    async def set_query(self, sql: str) -> str:
        """Give the report another query. It is executed once, to see that it works."""
        result = await execute(self._database(), sql, rows=MOST_ROWS, client=self)
        self.query = sql
        return f"The report now uses it ({len(result.rows)} rows)."

    @tool
    async def submit(self) -> str:
        """Submit the report as it is now. This ends the work."""
        self.submitted, self.same = True, True
        for unseen in range(UNSEEN + 1):
            image = self._database() if not unseen else _built(self.problem, unseen)
            try:
                result = await execute(image, self.query, rows=MOST_ROWS, client=self)
            except ToolError:  # it works on one database and not on another
                self.same = False
                break
            self.steps = self.steps if unseen else result.steps
            self.same = self.same and result.rows == _rows(self.problem, unseen)
        self.finish()
        return "The report is submitted."

    def score(self) -> Score:
        """Compare rows on all databases, and the cost on the one that was shown."""
        return Score(
            submitted=self.submitted,
            same_rows=self.submitted and self.same,
            cheap=self.submitted and self.steps < self.limit,
            few_indexes=len(self.indexes) <= self.most,
        )

    def aftermath(self) -> str:
        """Tell what the judge found, and a way that works."""
        found = (
            f"The rows were {'the same' if self.same else 'not the same'} and the query took "
            f"about {self.steps:,} steps."
            if self.submitted
            else "Nothing was submitted."
        )
        ways = " and ".join(f"{table} ({', '.join(of)})" for table, of in self.problem.indexes)
        return f"{found} What works: index {ways}, and ask\n{self.problem.fast}"

    def expert(self) -> Iterator[Action]:
        """Look, rewrite where columns are disguised, create the indexes, check and submit."""
        yield _call("schema")
        yield _call("explain")
        if self.problem.fast != self.problem.slow:
            yield _call("set_query", sql=self.problem.fast)
        for table, columns in self.problem.indexes:
            yield _call("create_index", table=table, columns=list(columns))
        yield _call("run")
        yield _call("submit")

    def picture(self) -> str:
        """Draw the tables and their indexes."""
        return "\n".join(
            f"{table:<12} {rows:>5,} rows  "
            + "; ".join(", ".join(columns) for of, columns in self.indexes.values() if of == table)
            for table, rows in zip(self.problem.theme.tables, SIZES, strict=True)
        )


def _call(name: str, **arguments: object) -> Action:
    return Action(calls=(ToolCall(name, arguments, name),))


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _schema(theme: Theme) -> str:
    parents, children, grandchildren = theme.tables
    return f"""\
CREATE TABLE {parents} (id INTEGER PRIMARY KEY, name TEXT NOT NULL, {theme.place} TEXT);
CREATE TABLE {children} (
  id INTEGER PRIMARY KEY, {theme.parent}_id INTEGER NOT NULL REFERENCES {parents},
  {theme.day} TEXT NOT NULL, {theme.figure} INTEGER NOT NULL, {theme.state} TEXT
);
CREATE TABLE {grandchildren} (
  id INTEGER PRIMARY KEY, {theme.child}_id INTEGER NOT NULL REFERENCES {children}, units INTEGER
);"""


@lru_cache(maxsize=64)
def _built(problem: Problem, unseen: int) -> bytes:
    """Build a database. SQLite makes the rows itself, from factors: that takes milliseconds."""
    theme, (a, b, c, d, e) = problem.theme, problem.factors
    a, shift = a + 2 * unseen, 17 * unseen
    (parents, children, grandchildren), (parent, child, grandchild) = (
        SMALL if unseen else SIZES,
        theme.tables,
    )
    states = " ".join(f"WHEN {place} THEN '{name}'" for place, name in enumerate(STATES))
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(f"BEGIN; {_schema(theme)}")
        for table, count, row in (
            (
                parent, parents,
                "i, 'P' || i, "
                f"nullif('K' || ((i * i % 997 * {b} + {shift}) % 1009 % {PLACES}), 'K0')",
            ),
            (
                child, children,
                f"i, (i * {a} + {shift}) % 7919 % {parents} + 1, date('2030-01-01', "
                f"((i * {c} + {shift}) % 6007 % 730) || ' days'), i * {d} % 9001, "
                f"CASE (i * i % 4999 * {e} + {shift}) % 5003 % 5 {states} END",
            ),
            (
                grandchild, grandchildren,
                f"i, (i * {d} + {shift}) % 8009 % {children} + 1, i * {e} % 50",
            ),
        ):  # fmt: skip
            connection.execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT "
                f"{count}) INSERT INTO {table} SELECT {row} FROM n"
            )
        if unseen:
            connection.execute(
                f"UPDATE {parent} SET {theme.place} = ? WHERE id % 9 = 1", (problem.place,)
            )
            rows = product(problem.edges, (*STATES[:2], None))
            extra = [
                (number % parents + 1, day, 3900 + number, state)
                for number, (day, state) in enumerate(rows)
            ]
            connection.executemany(
                f"INSERT INTO {child} ({theme.parent}_id, {theme.day}, {theme.figure}, "
                f"{theme.state}) VALUES (?, ?, ?, ?)",
                extra,
            )
        connection.execute("COMMIT")
        return connection.serialize()


@lru_cache(maxsize=64)
def _rows(problem: Problem, unseen: int) -> list[tuple[object, ...]]:
    """Execute the report's first query, which was written here."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(_built(problem, unseen))
        return connection.execute(problem.slow).fetchall()


def _problem(rng: random.Random, level: int) -> Problem:
    """Draw a query and the way to make it cheap."""
    theme = _theme(rng)
    parents, children, grandchildren = theme.tables
    parent_id, child_id = f"{theme.parent}_id", f"{theme.child}_id"
    factors = tuple(rng.randrange(1001, 4000, 2) for _ in range(5))
    first = rng.randrange(MONTHS - 3)
    months = [f"{2030 + m // 12}-{m % 12 + 1:02d}" for m in range(first, first + 4)]
    state = rng.choice(STATES[:2])
    place, parent = f"K{rng.randrange(1, PLACES)}", rng.randint(1, 50)
    spans = f"{theme.day} >= '{months[0]}-01' AND {theme.day} < '{months[3]}-01'"
    hidden = f"substr({theme.day}, 1, 7) IN ('{months[0]}', '{months[1]}', '{months[2]}')"
    states = f"{theme.state} = '{state}'"
    masked = f"coalesce({theme.state}, 'unknown') = '{state}'"
    columns = f"SELECT id, {theme.day}, {theme.figure} FROM {children}"
    order = "ORDER BY id"
    both = (children, (theme.state, theme.day))
    if level == 1:
        slow = fast = f"{columns} WHERE {parent_id} = {parent} {order}"
        indexes = [(children, (parent_id,))]
    elif level == 2:
        slow = fast = f"{columns} WHERE {spans} AND {states} {order}"
        indexes = [both]
    elif level == 3:
        cover = rng.choice((states, masked))
        slow = f"{columns} WHERE {hidden} AND {cover} {order}"
        fast = f"{columns} WHERE {spans} AND {states} {order}"
        indexes = [both]
    else:
        slow, fast = _joined(rng, theme, place, deep=level == 5)
        indexes = [(parents, (theme.place,)), (children, (parent_id,))]
        indexes += [(grandchildren, (child_id,))] if level == 5 else []
    days = ("01", "28", "29", "30", "31")
    edges = [f"{month}-{day}" for month in (*months, _before(months[0])) for day in days]
    return Problem(theme, factors, slow, fast, tuple(indexes), place, tuple(edges))


def _before(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02d}"


def _joined(rng: random.Random, theme: Theme, place: str, *, deep: bool) -> tuple[str, str]:
    """Write a query over two tables, or three, with disguised columns, and without disguise."""
    least, number = rng.randrange(1000, 4000), rng.randint(2, 9)
    parents, children, grandchildren = theme.tables
    disguised = (
        f"coalesce(p.{theme.place}, 'unknown') = '{place}'",
        f"g.{theme.child}_id * {number} = c.id * {number}",
    )
    plain = (f"p.{theme.place} = '{place}'", f"g.{theme.child}_id = c.id")
    written: list[str] = []
    for where, inner in (disguised, plain):
        part = (
            f",\n  (SELECT count(*) FROM {grandchildren} g WHERE {inner}) AS parts" if deep else ""
        )
        written.append(
            f"SELECT c.id, p.name, c.{theme.figure}{part}\nFROM {parents} p JOIN {children} c "
            f"ON c.{theme.parent}_id = p.id\nWHERE {where} AND c.{theme.figure} > {least}\n"
            "ORDER BY c.id"
        )
    return written[0], written[1]
