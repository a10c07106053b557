"""The process in which SQL that an agent wrote is executed: one request, one answer, nothing kept.

A request brings the whole database as an image and the answer takes it away again, so a statement
that is refused changes nothing, a worker can be killed at any time, and any worker can serve any
episode. Once it is up, the process can neither open a file or a socket nor start another process.
Left out: several statements in one request, and everything that is not reading rows or changing
them.
"""

import contextlib
import resource
import signal
import socket
import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from firsthand.process import frames, seccomp
from firsthand.sandbox.meter import Meter, TooExpensive, install

Row = tuple[Any, ...]
"""Cells are int, float, str, bytes or None; msgspec cannot tell str from bytes in one union."""

HEAP = 64 * 2**20
"""Most bytes that SQLite may hold."""
ADDRESS_SPACE = 2**30
"""Most bytes that the process may map: the wall behind `HEAP`."""
PAGES = 4096
"""Most pages of a database after a write."""

FUNCTIONS = frozenset({
    "abs", "avg", "coalesce", "count", "cume_dist", "dense_rank", "first_value", "glob",
    "group_concat", "hex", "ifnull", "iif", "instr", "lag", "last_value", "lead", "length", "like",
    "lower", "ltrim", "max", "min", "nth_value", "ntile", "nullif", "percent_rank", "rank",
    "replace", "round", "row_number", "rtrim", "sign", "substr", "substring", "sum", "total",
    "trim", "typeof", "unicode", "upper",
})  # fmt: skip
"""What may be called: pure and deterministic. What grows (`replace`, `group_concat`) is held by the
length limit.
"""

_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 50_000,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 10_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 64,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 20,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 16,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 100,
    sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 64,
}
_READS = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
_WRITES = frozenset({sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE})
PROCESSOR_SECONDS = 60
"""Processor time after which a request ends its worker: far above what the step limit lets a
statement take.
"""


HUNGRY = "The statement needs too much memory; nothing was changed."


class Request(msgspec.Struct, frozen=True, array_like=True):
    """One statement to execute on one database."""

    image: bytes
    sql: str
    parameters: Row = ()
    writes: bool = False
    rows: int = 100
    cell: int = 400


class Result(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """What a statement returned. `cut` says that there were more rows; `image` is the database
    afterwards; `steps` what it cost, in instructions of SQLite's virtual machine, by the thousand.
    """

    columns: tuple[str, ...]
    rows: list[Row]
    cut: bool
    changed: int
    image: bytes
    steps: int = 0


class Refusal(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Why a statement was not executed, in words for the agent."""

    text: str


class Guard:
    """The authorizer: allow-lists of actions, functions and tables; remembers what it denied."""

    def __init__(self, tables: frozenset[str], *, writes: bool) -> None:
        self.tables = tables
        self.actions = _READS | _WRITES if writes else _READS
        self.kinds = "SELECT, INSERT, UPDATE or DELETE" if writes else "SELECT"
        self.denied = ""

    def __call__(
        self,
        action: int,
        first: str | None,
        second: str | None,
        _database: str | None,
        _trigger: str | None,
    ) -> int:
        """Allow or deny one thing that a statement would do."""
        if action not in self.actions:
            self.denied = f"only a {self.kinds} statement may be executed here"
        elif action == sqlite3.SQLITE_FUNCTION and second not in FUNCTIONS:
            self.denied = (
                f"the function {second}() may not be used; there are: "
                f"{', '.join(sorted(FUNCTIONS))}"
            )
        elif (
            action == sqlite3.SQLITE_READ
            and second
            and first not in self.tables
            and first != "sqlite_master"
        ):  # no column: count(*)
            self.denied = (
                f"there is no table {first} to read; there are: {', '.join(sorted(self.tables))}"
            )
        elif action in _WRITES and first not in self.tables:
            self.denied = f"only rows of these may be changed: {', '.join(sorted(self.tables))}"
        else:
            return sqlite3.SQLITE_OK
        return sqlite3.SQLITE_DENY


def answer(request: Request) -> Result | Refusal:
    """Execute one statement. Raises `sqlite3.DatabaseError` only if the image is no database."""
    with (
        contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection,
        contextlib.closing(sqlite3.connect(":memory:")) as plain,
    ):
        connection.deserialize(request.image)
        connection.execute(f"PRAGMA max_page_count = {PAGES}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA temp_store = MEMORY")  # there is no disk to spill to
        tables = frozenset(
            name
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')"
            )
        )
        for category, most in _LIMITS.items():
            connection.setlimit(category, most)
            plain.setlimit(category, most)
        guard = Guard(
            frozenset(name for name in tables if not name.startswith("sqlite_")),
            writes=request.writes,
        )
        meter = Meter()
        install(connection, plain, meter)
        connection.set_authorizer(guard)
        try:
            result = _execute(connection, request)
            return msgspec.structs.replace(result, steps=meter.spent)
        except MemoryError:
            return Refusal(HUNGRY)
        except (sqlite3.Error, sqlite3.Warning, OverflowError, ValueError) as error:
            return Refusal(_explain(error, guard, meter))


def _execute(connection: sqlite3.Connection, request: Request) -> Result:
    cursor = connection.execute(request.sql, request.parameters)
    rows: list[Row] = []
    cut = False
    for row in (
        cursor
    ):  # stopping early is safe: with RETURNING, everything has changed before the first row comes
        if len(rows) == request.rows:
            cut = True
            break
        rows.append(tuple(_shorten(cell, request.cell) for cell in row))
    columns = tuple(column[0] for column in cursor.description or ())
    cursor.close()
    if not connection.total_changes:
        return Result(columns, rows, cut, 0, request.image)
    connection.set_authorizer(None)
    return Result(columns, rows, cut, connection.total_changes, connection.serialize())


def _shorten(cell: Any, most: int) -> Any:
    if isinstance(cell, str) and len(cell) > most:
        return f"{cell[:most]}…"
    return cell[:most] if isinstance(cell, bytes) else cell


def _explain(error: Exception, guard: Guard, meter: Meter) -> str:
    if guard.denied:
        return f"Refused: {guard.denied}."
    if meter.exceeded or isinstance(meter.failed, TooExpensive):
        return (
            "The statement takes too long; nothing was changed. "
            "Ask for less, or join on equal columns."
        )
    if isinstance(meter.failed, MemoryError):
        return HUNGRY
    return f"SQL error: {str(meter.failed or error).rstrip('.')}."


def serve(channel: socket.socket, _arguments: Sequence[str] = ()) -> None:
    """Give up what executing SQL does not need, then answer requests until the channel closes."""
    confine()
    respond(channel)


def respond(channel: socket.socket) -> None:
    """Say that the worker is up, then answer requests until the other side closes."""
    decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(Request)
    frames.send(channel, 0, b"")
    while (received := frames.receive(channel)) is not None:
        number, body = received
        signal.setitimer(signal.ITIMER_PROF, PROCESSOR_SECONDS)
        reply = msgspec.msgpack.encode(answer(decoder.decode(body)))
        signal.setitimer(signal.ITIMER_PROF, 0)
        frames.send(channel, number, reply)


def confine() -> None:
    """Give up memory without end, files, sockets, further processes and core dumps."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"PRAGMA hard_heap_limit = {HEAP}")  # holds for the whole process
    for what, most in (
        (resource.RLIMIT_AS, ADDRESS_SPACE),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 16),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    seccomp.confine()
