"""SQL that agents write: what is allowed works, what is not is refused in words, and nothing leaks
out of a worker.
"""

import ast
import asyncio
import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing

import msgspec
import pytest

from firsthand.errors import SandboxError, ToolError
from firsthand.process import frames, seccomp
from firsthand.sandbox import sql, sql_worker
from firsthand.sandbox.sql import execute, tables
from firsthand.sandbox.sql_worker import Refusal, Request, Result, answer

SLOW = (
    "WITH RECURSIVE long(a) AS (SELECT replace(replace('"
    + "a" * 100
    + "','a','aaaaaaaaaa'),'a','aaaaaaaaaa')),"
    " r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r LIMIT 100000)"
    " SELECT sum(instr(a || a || a || a || x, a || a || 'b' || x)) FROM r, long"
)
"""Few steps of the virtual machine, each of which takes tens of milliseconds: functions count what
they cost.
"""

BUSY = """
WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r LIMIT 50000)
SELECT count(*), sum(x % 7), max(x * 3) FROM r
"""
"""Allowed, and takes some tenths of a second."""


def database() -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.executescript(
        """
        CREATE TABLE item (id INTEGER PRIMARY KEY, price INTEGER NOT NULL, name TEXT);
        CREATE TABLE sale (id INTEGER PRIMARY KEY, item INTEGER NOT NULL REFERENCES item);
        CREATE VIEW cheap AS SELECT name FROM item WHERE price < 3;
        """
    )
    connection.executemany(
        "INSERT INTO item (price, name) VALUES (?, ?)", [(i, f"item {i}") for i in range(200)]
    )
    connection.commit()
    image = connection.serialize()
    connection.close()
    return image


IMAGE = database()

ALLOWED = {
    "SELECT price, name FROM item WHERE id = 3": [(2, "item 2")],
    "SELECT count(*) FROM cheap": [(3,)],
    "WITH c AS (SELECT price FROM item LIMIT 5) SELECT count(*), sum(price) FROM c": [(5, 10)],
    (
        "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r LIMIT 4) SELECT "
        "count(*) FROM r"
    ): [(4,)],
    "SELECT price, row_number() OVER (ORDER BY price DESC) FROM item LIMIT 2": [(199, 1), (198, 2)],
    "SELECT name FROM sqlite_schema WHERE type = 'view'": [("cheap",)],
    "SELECT NULL, 1.5, x'00ff', 'é', round(2.345, 1)": [(None, 1.5, b"\x00\xff", "é", 2.3)],
    (
        "SELECT a.id FROM item a LEFT JOIN sale s ON s.item = a.id WHERE s.id IS NULL AND "
        "a.name LIKE '%99' ORDER BY 1"
    ): [
        (100,),
        (200,),
    ],
}

REFUSED = {
    "ATTACH ':memory:' AS other": "only a SELECT statement",
    "ATTACH '/tmp/firsthand.db' AS other": "only a SELECT statement",
    "DETACH main": "only a SELECT statement",
    "VACUUM INTO '/tmp/firsthand.db'": "only a SELECT statement",
    "PRAGMA writable_schema = 1": "only a SELECT statement",
    "PRAGMA hard_heap_limit = 0": "only a SELECT statement",
    "BEGIN": "only a SELECT statement",
    "DELETE FROM item": "only a SELECT statement",
    "DROP TABLE item": "only a SELECT statement",
    "CREATE TEMP TABLE t (a)": "only a SELECT statement",
    "SELECT load_extension('x')": "the function load_extension() may not be used",
    "SELECT printf('%.*c', 1000000000, 'x')": "the function printf() may not be used",
    "SELECT format('%.*c', 1000000000, 'x')": "the function format() may not be used",
    "SELECT zeroblob(1000000000)": "the function zeroblob() may not be used",
    "SELECT randomblob(9)": "the function randomblob() may not be used",
    "SELECT random()": "the function random() may not be used",
    "SELECT current_timestamp": "the function current_timestamp() may not be used",
    "SELECT date('now')": "the function date() may not be used",
    "SELECT fts3_tokenizer('x')": "the function fts3_tokenizer() may not be used",
    "SELECT sqlite_version()": "the function sqlite_version() may not be used",
    "SELECT readfile('/etc/passwd')": "no such function: readfile",
    "SELECT * FROM json_each('[1]')": "Refused",
    "SELECT * FROM pragma_table_info('item')": "Refused",
    "SELECT * FROM dbstat": "Refused",
    (
        "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT sum(x) FROM r"
    ): "takes too long",
    "SELECT count(*) FROM item a, item b, item c, item d": "takes too long",
    "SELECT group_concat(a.name || b.name) FROM item a, item b": "too big",
    "SELECT hex(hex(hex('" + "a" * 9000 + "')))": "too big",
    "SELECT a.name || b.name || c.name FROM item a, item b, item c ORDER BY 1 DESC": "too",
    "SELECT 1; SELECT 2": "one statement at a time",
    "SELECT '" + "a" * 10_000 + "'": "too",
    "SELECT " + "(" * 300 + "1" + ")" * 300: "SQL error",
    "SELECT * FROM nowhere": "no such table: nowhere",
    "SELEC": 'near "SELEC": syntax error',
    "SELECT CAST(x'ff' AS TEXT)": "Could not decode to UTF-8",
    "SELECT 1 \x00": "SQL error",
    "SELECT '\ud800'": "cannot be represented",
}

WRITES_REFUSED = {
    "UPDATE sqlite_schema SET sql = ''": "may not be modified",
    "INSERT INTO sqlite_master VALUES (1, 2, 3, 4, 5)": (
        "only rows of these may be changed: cheap, item, sale"
    ),
    "CREATE TABLE t (a)": "only rows of these may be changed",
    "DROP TABLE item": "Refused",
    "VACUUM": "only a SELECT, INSERT, UPDATE or DELETE statement",
    "CREATE TRIGGER t AFTER INSERT ON item BEGIN SELECT 1; END": "Refused",
    "UPDATE item SET price = random()": "the function random()",
    "INSERT INTO sale (item) VALUES (999)": "FOREIGN KEY constraint failed",
    "UPDATE item SET price = NULL": "NOT NULL constraint failed",
    (
        "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) INSERT INTO item "
        "(price) SELECT x FROM r"
    ): "takes too long",
    (
        "INSERT INTO item (price, name) SELECT 1, replace(a.name || b.name, 'i', "
        "replace(hex('aaaaaaaaaaaaaaaaaaaa'), '6', 'xxxxxxxxxxxxxxxxxxxx')) FROM item a, item b"
    ): "full",
}


@pytest.mark.parametrize("statement", ALLOWED)
async def test_reading_works(statement):
    result = await execute(IMAGE, statement)
    assert result.rows == ALLOWED[statement]
    assert result.image == IMAGE and result.changed == 0 and not result.cut


@pytest.mark.parametrize("statement", REFUSED)
async def test_what_is_not_reading_is_refused_in_words(statement):
    with pytest.raises(ToolError) as refused:
        await execute(IMAGE, statement)
    assert REFUSED[statement] in str(refused.value)


@pytest.mark.parametrize("statement", WRITES_REFUSED)
async def test_writes_are_held_to_rows_and_size(statement):
    with pytest.raises(ToolError) as refused:
        await execute(IMAGE, statement, writes=True)
    assert WRITES_REFUSED[statement] in str(refused.value)


async def test_a_write_returns_another_database_and_leaves_the_first_as_it_was():
    result = await execute(
        IMAGE, "UPDATE item SET price = price + ? WHERE id <= 4", (10,), writes=True
    )
    assert result.changed == 4
    assert [row[1] for row in tables(result.image)["item"][:5]] == [10, 11, 12, 13, 4]
    assert [row[1] for row in tables(IMAGE)["item"][:5]] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("value", [2**63, 2**64, -(2**70)])
async def test_numbers_beyond_the_database_are_refused(value):
    with pytest.raises(ToolError, match="SQL error"):
        await execute(IMAGE, "SELECT ?", (value,))


async def test_output_is_bounded_in_rows_and_cells():
    result = await execute(IMAGE, "SELECT name FROM item", rows=7)
    assert len(result.rows) == 7 and result.cut
    assert not (await execute(IMAGE, "SELECT name FROM item", rows=200)).cut
    wide = await execute(
        IMAGE, "SELECT hex(hex('" + "a" * 2000 + "')), CAST('" + "a" * 2000 + "' AS BLOB)"
    )
    assert wide.rows[0][0].endswith("1…") and [len(cell) for cell in wide.rows[0]] == [401, 400]


async def test_stopping_early_does_not_stop_the_change():
    result = await execute(IMAGE, "DELETE FROM item RETURNING id", writes=True, rows=3)
    assert len(result.rows) == 3 and result.changed == 200
    assert tables(result.image)["item"] == []


async def test_tables_reads_everything():
    everything = tables(IMAGE)
    assert sorted(everything) == ["item", "sale", "sqlite_schema"]
    assert ("view", "cheap") in [row[:2] for row in everything["sqlite_schema"]]


def heavy(n: int, piece: str, rows: int, query: str) -> str:
    """Build a text of tens of thousands of characters, and ask something of it for each of many
    rows.
    """
    return (
        f"WITH t(a) AS (SELECT replace(hex('{'a' * n}'), '6', '{piece}')), r(x) AS (SELECT "
        f"1 UNION ALL SELECT x + 1 FROM r LIMIT {rows}) {query}"
    )


HEAVY = {
    "instr": SLOW,
    "replace": heavy(
        400, "b" * 90, 100_000, "SELECT sum(length(replace(a || x, a || 'b', ''))) FROM t, r"
    ),
    "like": heavy(
        400, "a" * 90, 100_000, f"SELECT count(*) FROM t, r WHERE a || x LIKE '{'%a_' * 30}c'"
    ),
    "glob": heavy(
        400, "a" * 90, 100_000, f"SELECT count(*) FROM t, r WHERE a || x GLOB '{'*a?' * 30}c'"
    ),
    "trim": heavy(400, "a" * 90, 100_000, "SELECT sum(length(trim(a || x, 'b' || a))) FROM t, r"),
    "upper": heavy(200, "a" * 90, 200_000, "SELECT sum(length(upper(hex(a || x)))) FROM t, r"),
}


@pytest.mark.parametrize("statement", HEAVY)
def test_functions_are_stopped_by_what_they_cost_not_by_the_clock(statement):
    started = time.perf_counter()
    first = answer(Request(IMAGE, HEAVY[statement]))
    assert isinstance(first, Refusal) and "The statement takes too long" in first.text
    assert time.perf_counter() - started < 20
    assert answer(Request(IMAGE, HEAVY[statement])) == first


@pytest.mark.parametrize(
    "call",
    [
        "instr('haystack', 'st')",
        "instr(x'0102ff', x'ff')",
        "instr(12345, 34)",
        "instr(NULL, 'a')",
        "replace('a-b-c', '-', '+')",
        "replace(123, 2, 'x')",
        "replace('abc', '', 'x')",
        "'Abc' LIKE 'aB_'",
        "'50%' LIKE '50!%' ESCAPE '!'",
        "'abc' GLOB 'a*'",
        "NULL LIKE 'a'",
        "trim('  x ')",
        "ltrim('xxay', 'x')",
        "rtrim(x'6100')",
        "hex(3.5)",
        "hex(x'00ff')",
        "upper('straße')",
        "lower(NULL)",
        "length('é')",
        "length(x'e9')",
        "length(123.5)",
        "substr('hello', -3, 2)",
        "substr(x'010203', 2)",
        "substring('hello', 2)",
        "unicode('é')",
        "typeof(substr(x'01', 1))",
    ],
)
def test_functions_that_are_counted_answer_as_sqlite_does(call):
    with closing(sqlite3.connect(":memory:")) as plain:
        (expected,) = plain.execute(f"SELECT {call}").fetchone()
    result = answer(Request(IMAGE, f"SELECT {call}"))
    assert isinstance(result, Result), result
    assert result.rows == [(expected,)] and type(result.rows[0][0]) is type(expected)


async def test_a_worker_that_gives_no_answer_is_the_sandbox_s_failure_and_is_replaced():
    with pytest.raises(SandboxError, match=r"gave no answer within 0\.01 s.*nothing was changed"):
        await execute(IMAGE, BUSY, seconds=0.01)
    assert (await execute(IMAGE, "SELECT 1")).rows == [(1,)]


async def test_the_event_loop_stays_free_while_a_statement_runs():
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            await asyncio.sleep(0.005)
            ticks += 1

    ticking = asyncio.create_task(tick())
    await execute(IMAGE, BUSY)
    ticking.cancel()
    assert ticks >= 2


class Client:
    """One episode that asks."""


async def test_twenty_slow_agents_do_not_starve_eighteen_quick_ones():
    """Counted in statements and not in seconds: first come, first served would let every slow
    agent run one statement before each of the eight of a quick one, 160 in all.
    """
    await execute(IMAGE, "SELECT 1")
    served = 0

    async def slow(client):
        nonlocal served
        while True:
            with contextlib.suppress(ToolError):
                await execute(
                    IMAGE, "SELECT count(*) FROM item a, item b, item c, item d", client=client
                )
            served += 1

    async def quick(client):
        for number in range(8):
            result = await execute(IMAGE, "SELECT ?", (number,), client=client)
            assert result.rows == [(number,)]

    slows = [asyncio.create_task(slow(Client())) for _ in range(20)]
    await asyncio.sleep(0.5)
    before = served
    await asyncio.gather(*(quick(Client()) for _ in range(18)))
    meanwhile = served - before
    for task in slows:
        task.cancel()
    await asyncio.gather(*slows, return_exceptions=True)
    assert meanwhile < 80, "quick agents were served before most slow statements"


async def test_a_worker_that_dies_is_a_sandbox_failure_and_the_next_statement_works():
    await execute(IMAGE, "SELECT 1")
    worker = sql._idle[False][-1]
    running = asyncio.create_task(execute(IMAGE, BUSY))
    await asyncio.sleep(0.01)
    os.kill(worker.process.pid, signal.SIGKILL)
    with pytest.raises(SandboxError, match="The SQL worker died: exit status -9"):
        await running
    assert (await execute(IMAGE, "SELECT 1")).rows == [(1,)]


async def test_a_worker_that_died_while_idle_is_replaced_unseen():
    await execute(IMAGE, "SELECT 1")
    for worker in sql._idle[False]:
        worker.process.kill()
        worker.process.wait()
    assert (await execute(IMAGE, "SELECT 1")).rows == [(1,)]


async def test_a_cancelled_statement_answers_nobody_else():
    running = asyncio.create_task(execute(IMAGE, BUSY))
    await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (await execute(IMAGE, "SELECT 41 + 1")).rows == [(42,)]


async def test_many_at_once_share_few_workers_and_get_their_own_answers():
    results = await asyncio.gather(
        *(execute(IMAGE, "SELECT ? + id FROM item WHERE id = 1", (i,)) for i in range(200))
    )
    assert [result.rows for result in results] == [[(i + 1,)] for i in range(200)]
    assert 1 <= len(sql._idle[False]) <= sql.WORKERS


def test_workers_outlive_the_event_loop():
    for _ in range(3):
        assert asyncio.run(execute(IMAGE, "SELECT 2")).rows == [(2,)]
    assert len(sql._queues) == 1, "loops that are closed are forgotten"


async def test_a_worker_that_cannot_start_says_why(monkeypatch, tmp_path):
    (tmp_path / "broken_worker.py").write_text("raise SystemExit('no msgspec here')")
    sql._end_all()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sql_worker, "__name__", "broken_worker")
    with pytest.raises(SandboxError, match=r"did not start: exit status 1\. no msgspec here"):
        await execute(IMAGE, "SELECT 1")


async def test_an_image_that_is_no_database_is_a_sandbox_failure():
    with pytest.raises(SandboxError, match="file is not a database"):
        await execute(b"nonsense" * 1000, "SELECT 1")


async def test_a_worker_has_no_environment_variables_and_no_files(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    sql._end_all()
    await execute(IMAGE, "SELECT 1")
    pid = sql._idle[False][-1].process.pid
    with open(f"/proc/{pid}/environ") as environ:
        assert "secret" not in environ.read()
    with open(f"/proc/{pid}/limits") as listed:
        limits = {line[:26].strip(): line[26:].split()[0] for line in listed.readlines()[1:]}
    assert limits["Max file size"] == "0" and limits["Max address space"] == str(
        sql_worker.ADDRESS_SPACE
    )


def test_a_forked_child_uses_workers_of_its_own():
    asyncio.run(execute(IMAGE, "SELECT 1"))
    mine = [worker.process.pid for worker in sql._idle[False]]
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        os.write(writing, b"own" if not sql._idle[False] else b"shared")
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading, "rb") as said:
        assert said.read() == b"own"
    assert [worker.process.pid for worker in sql._idle[False]] == mine
    assert asyncio.run(execute(IMAGE, "SELECT 1")).rows == [(1,)]


def test_the_worker_serves_until_its_socket_closes():
    ours, theirs = socket.socketpair()
    serving = threading.Thread(target=sql_worker.respond, args=(theirs,))
    with ours, theirs, pytest.MonkeyPatch.context() as patch:
        patch.setattr(signal, "setitimer", lambda *_: None)  # a timer of this process would end it
        serving.start()
        assert frames.receive(ours) == (0, b"")
        for number, statement in enumerate(("SELECT 1", "DROP TABLE item")):
            frames.send(ours, number, msgspec.msgpack.encode(Request(IMAGE, statement)))
            answered, reply = frames.receive(ours) or (None, b"")
            assert answered == number
            assert msgspec.msgpack.decode(reply)[0] in ("Result", "Refusal")
        ours.shutdown(socket.SHUT_WR)
        serving.join(timeout=5)
        assert not serving.is_alive()


ATTEMPTS = """
import ctypes, os, socket, sys, urllib.request
from firsthand.process import frames
from firsthand.sandbox import sql_worker
channel = socket.socket(fileno=int(sys.argv[1]))
libc = ctypes.CDLL(None, use_errno=True)
sql_worker.confine()
said = {}
for name, attempt in {
    "fork": os.fork,
    "spawn": lambda: os.posix_spawn("/bin/true", ["true"], {}),
    "thread": lambda: __import__("_thread").start_new_thread(print, ()),
    "execute": lambda: os.execv("/bin/true", ["true"]),
    "read": lambda: os.open("/etc/passwd", os.O_RDONLY),
    "write": lambda: os.open("/tmp/planted", os.O_WRONLY | os.O_CREAT),
    "list": lambda: os.listdir("/"),
    "remove": lambda: os.unlink("/tmp/planted"),
    "socket": socket.socket,
    "pair": socket.socketpair,
    "kill": lambda: os.kill(os.getppid(), 9),
    "trace": lambda: libc.ptrace(16, os.getppid(), 0, 0) and (_ for _ in ()).throw(OSError()),
    "namespace": lambda: libc.unshare(0x10000000) and (_ for _ in ()).throw(OSError()),
}.items():
    try:
        said[name] = f"done: {attempt()}"
    except (OSError, RuntimeError) as error:
        said[name] = type(error).__name__
frames.send(channel, 1, repr(said).encode())
"""


def test_the_worker_can_neither_start_processes_nor_open_files_or_sockets():
    if seccomp.missing():
        pytest.skip(seccomp.missing())
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-c", ATTEMPTS, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        received = frames.receive(ours, deadline=time.monotonic() + 30)
    process.wait()
    assert received
    said = ast.literal_eval(received[1].decode())
    assert len(said) == 13 and not [name for name, what in said.items() if "done" in what], said


async def test_a_working_worker_is_confined():
    await execute(IMAGE, "SELECT 1")
    with open(f"/proc/{sql._idle[False][-1].process.pid}/status") as status:
        fields = {line.partition(":")[0]: line.partition(":")[2].strip() for line in status}
    assert fields["Seccomp"] == ("0" if seccomp.missing() else "2")
    assert sql.containment().startswith("limits only" if seccomp.missing() else "contained")


def test_the_same_statement_on_the_same_database_has_the_same_answer():
    wide = "SELECT hex(hex('" + "a" * 200 + "')), CAST(name AS BLOB) FROM item"
    for statement in (wide, *ALLOWED, *REFUSED, *WRITES_REFUSED):
        for writes in (True, False):
            request = Request(IMAGE, statement, writes=writes, rows=3)
            first = answer(request)
            assert isinstance(first, Result | Refusal)
            assert msgspec.msgpack.encode(first) == msgspec.msgpack.encode(answer(request))


async def test_memory_is_bounded():
    hungry = (
        "SELECT replace(replace('"
        + "a" * 100
        + "', 'a', 'aaaaaaaaaa'), 'a', 'aaa') || a.id || b.id FROM item a, item b ORDER BY 1"
    )
    with pytest.raises(ToolError, match="The statement needs too much memory; nothing was changed"):
        await execute(IMAGE, hungry)
    assert (await execute(IMAGE, "SELECT count(*) FROM item")).rows == [(200,)]


def test_the_database_s_own_tables_cannot_be_read_or_changed():
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY AUTOINCREMENT)")
        image = connection.serialize()
    assert answer(Request(image, "SELECT seq FROM sqlite_sequence")) == Refusal(
        "Refused: there is no table sqlite_sequence to read; there are: item."
    )
    assert answer(Request(image, "DELETE FROM sqlite_sequence", writes=True)) == Refusal(
        "Refused: only rows of these may be changed: item."
    )
