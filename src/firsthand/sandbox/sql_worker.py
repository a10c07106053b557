"""The process in which SQL that an agent wrote is executed: one request, one answer, nothing kept.

A request brings the whole database as an image and the answer takes it away again, so a statement that
is refused changes nothing, a worker can be killed at any time, and any worker can serve any episode.
The file is run as a script and imports nothing of firsthand. Left out: several statements in one
request, and everything that is not reading rows or changing them.
"""

import contextlib
import itertools
import resource
import socket
import sqlite3
import struct
from typing import Any

import msgspec

Row = tuple[Any, ...]
"""Cells are int, float, str, bytes or None; msgspec cannot tell str from bytes in one union."""

STEPS = 2_000_000
"""Most virtual-machine instructions a statement may take: tens of milliseconds."""
HEAP = 64 * 2**20
"""Most bytes that SQLite may hold."""
ADDRESS_SPACE = 2**30
"""Most bytes that the process may map: the wall behind `HEAP`."""
PAGES = 4096
"""Most pages of a database after a write."""

FUNCTIONS = frozenset({
    "abs", "avg", "coalesce", "count", "cume_dist", "dense_rank", "first_value", "glob", "group_concat", "hex", "ifnull", "iif", "instr",
    "lag", "last_value", "lead", "length", "like", "lower", "ltrim", "max", "min", "nth_value", "ntile", "nullif", "percent_rank", "rank",
    "replace", "round", "row_number", "rtrim", "sign", "substr", "substring", "sum", "total", "trim", "typeof", "unicode", "upper",
})  # fmt: skip
"""What may be called: pure and deterministic. What grows (`replace`, `group_concat`) is held by the length limit."""

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
LENGTH = struct.Struct(">I")


class Request(msgspec.Struct, frozen=True, array_like=True):
    """One statement to execute on one database."""

    image: bytes
    sql: str
    parameters: Row = ()
    writes: bool = False
    rows: int = 100
    cell: int = 400


class Result(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """What a statement returned. `cut` says that there were more rows; `image` is the database afterwards."""

    columns: tuple[str, ...]
    rows: list[Row]
    cut: bool
    changed: int
    image: bytes


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
            self.denied = f"the function {second}() may not be used; there are: {', '.join(sorted(FUNCTIONS))}"
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
    """Execute one statement. Raises `sqlite3.DatabaseError` only when the image is not a database."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
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
        guard = Guard(
            frozenset(name for name in tables if not name.startswith("sqlite_")),
            writes=request.writes,
        )
        steps = itertools.count(1000, 1000)
        connection.set_authorizer(guard)
        connection.set_progress_handler(lambda: next(steps) > STEPS, 1000)
        try:
            return _execute(connection, request)
        except MemoryError:
            return Refusal("The statement needs too much memory; nothing was changed.")
        except (sqlite3.Error, sqlite3.Warning, OverflowError, ValueError) as error:
            return Refusal(_explain(error, guard))


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


def _explain(error: Exception, guard: Guard) -> str:
    if guard.denied:
        return f"Refused: {guard.denied}."
    if str(error) == "interrupted":
        return "The statement takes too long; nothing was changed. Ask for less, or join on equal columns."
    return f"SQL error: {str(error).rstrip('.')}."


def receive(channel: socket.socket, length: int) -> bytes:
    """Read exactly `length` bytes; fewer only when the other side has closed."""
    parts = bytearray()
    while len(parts) < length and (part := channel.recv(length - len(parts))):
        parts += part
    return bytes(parts)


def serve(channel: socket.socket) -> None:
    """Say that the worker is up, then answer requests until the other side closes."""
    decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(Request)
    channel.sendall(framed(b""))
    while head := receive(channel, LENGTH.size):
        request = decoder.decode(receive(channel, *LENGTH.unpack(head)))
        channel.sendall(framed(msgspec.msgpack.encode(answer(request))))


def framed(message: bytes) -> bytes:
    """Put the length of a message before it."""
    return LENGTH.pack(len(message)) + message


def confine() -> None:
    """Give up what executing SQL does not need: memory without end, files, further processes, core dumps."""
    for what, most in (
        (resource.RLIMIT_AS, ADDRESS_SPACE),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 16),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"PRAGMA hard_heap_limit = {HEAP}")  # holds for the whole process


if __name__ == "__main__":
    confine()
    serve(socket.socket(fileno=0))
