"""SQL that agents write: what is allowed works, what is not is refused in words, and nothing leaks out of a worker."""

import asyncio
import os
import signal
import socket
import sqlite3
import threading
import time
from contextlib import closing

import msgspec
import pytest

from firsthand.errors import SandboxError, ToolError
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
"""Few steps of the virtual machine, each of which takes tens of milliseconds: only the clock can stop it."""


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
    "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r LIMIT 4) SELECT count(*) FROM r": [
        (4,)
    ],
    "SELECT price, row_number() OVER (ORDER BY price DESC) FROM item LIMIT 2": [(199, 1), (198, 2)],
    "SELECT name FROM sqlite_schema WHERE type = 'view'": [("cheap",)],
    "SELECT NULL, 1.5, x'00ff', 'é', round(2.345, 1)": [(None, 1.5, b"\x00\xff", "é", 2.3)],
    "SELECT a.id FROM item a LEFT JOIN sale s ON s.item = a.id WHERE s.id IS NULL AND a.name LIKE '%99' ORDER BY 1": [
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
    "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT sum(x) FROM r": "takes too long",
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
    "INSERT INTO sqlite_master VALUES (1, 2, 3, 4, 5)": "only rows of these may be changed: cheap, item, sale",
    "CREATE TABLE t (a)": "only rows of these may be changed",
    "DROP TABLE item": "Refused",
    "VACUUM": "only a SELECT, INSERT, UPDATE or DELETE statement",
    "CREATE TRIGGER t AFTER INSERT ON item BEGIN SELECT 1; END": "Refused",
    "UPDATE item SET price = random()": "the function random()",
    "INSERT INTO sale (item) VALUES (999)": "FOREIGN KEY constraint failed",
    "UPDATE item SET price = NULL": "NOT NULL constraint failed",
    "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) INSERT INTO item (price) SELECT x FROM r": "takes too long",
    "INSERT INTO item (price, name) SELECT 1, replace(a.name || b.name, 'i', replace(hex('aaaaaaaaaaaaaaaaaaaa'), '6', 'xxxxxxxxxxxxxxxxxxxx'))"
    " FROM item a, item b": "full",
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


async def test_a_statement_that_only_the_clock_can_stop_is_refused_and_the_worker_replaced():
    started = time.perf_counter()
    with pytest.raises(ToolError, match="took too long and was stopped; nothing was changed"):
        await execute(IMAGE, SLOW, seconds=0.3)
    assert time.perf_counter() - started < 5
    assert (await execute(IMAGE, "SELECT 1")).rows == [(1,)]


async def test_the_event_loop_stays_free_while_a_statement_runs():
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(tick())
    with pytest.raises(ToolError):
        await execute(IMAGE, SLOW, seconds=0.5)
    ticking.cancel()
    assert ticks >= 10


async def test_a_worker_that_dies_is_a_sandbox_failure_and_the_next_statement_works():
    await execute(IMAGE, "SELECT 1")
    worker = sql._idle[-1]
    running = asyncio.create_task(execute(IMAGE, SLOW))
    await asyncio.sleep(0.1)
    os.kill(worker.process.pid, signal.SIGKILL)
    with pytest.raises(SandboxError, match="The SQL worker died: exit status -9"):
        await running
    assert (await execute(IMAGE, "SELECT 1")).rows == [(1,)]


async def test_a_worker_that_died_while_idle_is_replaced_unseen():
    await execute(IMAGE, "SELECT 1")
    for worker in sql._idle:
        worker.process.kill()
        worker.process.wait()
    assert (await execute(IMAGE, "SELECT 1")).rows == [(1,)]


async def test_a_cancelled_statement_answers_nobody_else():
    running = asyncio.create_task(execute(IMAGE, SLOW))
    await asyncio.sleep(0.1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (await execute(IMAGE, "SELECT 41 + 1")).rows == [(42,)]


async def test_many_at_once_share_few_workers_and_get_their_own_answers():
    results = await asyncio.gather(
        *(execute(IMAGE, "SELECT ? + id FROM item WHERE id = 1", (i,)) for i in range(200))
    )
    assert [result.rows for result in results] == [[(i + 1,)] for i in range(200)]
    assert 1 <= len(sql._idle) <= sql.WORKERS


def test_workers_outlive_the_event_loop():
    for _ in range(3):
        assert asyncio.run(execute(IMAGE, "SELECT 2")).rows == [(2,)]
    assert len(sql._waiting) == 1, "loops that are closed are forgotten"


async def test_a_worker_that_cannot_start_says_why(monkeypatch, tmp_path):
    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemExit('no msgspec here')")
    sql._end_all()
    monkeypatch.setattr(sql_worker, "__file__", str(broken))
    with pytest.raises(SandboxError, match=r"did not start: exit status 1\. no msgspec here"):
        await execute(IMAGE, "SELECT 1")


async def test_an_image_that_is_no_database_is_a_sandbox_failure():
    with pytest.raises(SandboxError, match="file is not a database"):
        await execute(b"nonsense" * 1000, "SELECT 1")


async def test_a_worker_has_no_environment_variables_and_no_files(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    sql._end_all()
    await execute(IMAGE, "SELECT 1")
    pid = sql._idle[-1].process.pid
    with open(f"/proc/{pid}/environ") as environ:
        assert "secret" not in environ.read()
    with open(f"/proc/{pid}/limits") as listed:
        limits = {line[:26].strip(): line[26:].split()[0] for line in listed.readlines()[1:]}
    assert limits["Max file size"] == "0" and limits["Max address space"] == str(
        sql_worker.ADDRESS_SPACE
    )


def test_a_forked_child_uses_workers_of_its_own():
    asyncio.run(execute(IMAGE, "SELECT 1"))
    mine = [worker.process.pid for worker in sql._idle]
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        os.write(writing, b"own" if not sql._idle else b"shared")
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading, "rb") as said:
        assert said.read() == b"own"
    assert [worker.process.pid for worker in sql._idle] == mine
    assert asyncio.run(execute(IMAGE, "SELECT 1")).rows == [(1,)]


def test_the_worker_serves_until_its_socket_closes():
    ours, theirs = socket.socketpair()
    serving = threading.Thread(target=sql_worker.serve, args=(theirs,))
    serving.start()
    with ours, theirs:
        head = sql_worker.LENGTH.size
        assert sql_worker.receive(ours, head) == sql_worker.LENGTH.pack(0)
        for statement in ("SELECT 1", "DROP TABLE item"):
            ours.sendall(sql_worker.framed(msgspec.msgpack.encode(Request(IMAGE, statement))))
            (length,) = sql_worker.LENGTH.unpack(sql_worker.receive(ours, head))
            assert msgspec.msgpack.decode(sql_worker.receive(ours, length))[0] in (
                "Result",
                "Refusal",
            )
        ours.shutdown(socket.SHUT_WR)
        serving.join(timeout=5)
        assert not serving.is_alive()


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
