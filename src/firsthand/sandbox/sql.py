"""SQL that an agent wrote, executed on in-memory SQLite databases in processes that can be killed.

A database is a value: the bytes that SQLite serializes it to. `execute` takes one and returns one, so
environments that hold a database copy, fork and compare like any other, and nothing of an episode is
lost with a worker. Workers are slow to start and are used again by all episodes of the process.
Left out: on-disk databases, and transactions that span statements.
"""

import asyncio
import atexit
import os
import socket
import sqlite3
import subprocess
import sys
from collections import deque
from contextlib import closing
from pathlib import Path

import msgspec

from firsthand.errors import SandboxError, ToolError
from firsthand.sandbox import sql_worker
from firsthand.sandbox.sql_worker import LENGTH, Refusal, Request, Result, Row

WORKERS = min(4, os.cpu_count() or 1)
"""How many workers serve one event loop."""
START_SECONDS = 30.0

_decoder = msgspec.msgpack.Decoder(Result | Refusal)


async def execute(
    image: bytes,
    sql: str,
    parameters: Row = (),
    *,
    writes: bool = False,
    rows: int = 100,
    seconds: float = 5.0,
) -> Result:
    """Execute one statement on the database and return its first `rows` rows and the database afterwards.

    What may be executed is an allow-list: reading and, with `writes`, changing rows. Raises `ToolError`,
    in words for the agent, when the statement is wrong, forbidden or takes too much; `SandboxError`
    when the worker died. `seconds` of wall time is the last resort: the step limit is reached long
    before, and depends on nothing but the statement and the database.
    """
    try:
        message = sql_worker.framed(
            msgspec.msgpack.encode(Request(image, sql, parameters, writes, rows))
        )
    except (UnicodeEncodeError, OverflowError) as error:
        raise ToolError(
            f"SQL error: the statement or a value cannot be represented: {error}."
        ) from None
    async with _seats():
        worker = await _take()
        try:
            async with asyncio.timeout(seconds):
                reply = await worker.ask(message)
        except TimeoutError:
            worker.end()
            raise ToolError(
                "The statement took too long and was stopped; nothing was changed."
            ) from None
        except BaseException:  # also cancelled: its answer must not reach the next one who asks
            worker.end()
            raise
        _idle.append(worker)
    answer = _decoder.decode(reply)
    if isinstance(answer, Refusal):
        raise ToolError(answer.text)
    return answer


def tables(image: bytes) -> dict[str, list[Row]]:
    """Read a whole database in this process: the rows of every table by key, and its schema as `sqlite_schema`."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(image)
        schema = connection.execute(
            "SELECT type, name, sql FROM sqlite_schema ORDER BY type, name"
        ).fetchall()
        found = {
            name: connection.execute(f'SELECT * FROM "{name}" ORDER BY 1').fetchall()
            for kind, name, _ in schema
            if kind == "table"
        }
        return {**found, "sqlite_schema": schema}


class Worker:
    """A process at the other end of a socket. It has no environment variables and dies when the socket closes."""

    def __init__(self) -> None:
        self.channel, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-I", str(Path(sql_worker.__file__))],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env={},
                cwd="/",
                start_new_session=True,
            )
        self.channel.setblocking(False)

    async def ask(self, message: bytes) -> bytes:
        """Send a message and return the answer. Raises `SandboxError` when the worker is gone."""
        try:
            await asyncio.get_running_loop().sock_sendall(self.channel, message)
            return await self.hear()
        except ConnectionError as error:
            raise SandboxError(f"The SQL worker died: {self.last_words()}") from error

    async def hear(self) -> bytes:
        """Receive one message."""
        (length,) = LENGTH.unpack(await self._receive(LENGTH.size))
        return await self._receive(length)

    async def _receive(self, length: int) -> bytes:
        loop, parts = asyncio.get_running_loop(), bytearray()
        while len(parts) < length:
            part = await loop.sock_recv(self.channel, length - len(parts))
            if not part:
                raise ConnectionResetError("the worker closed its socket")
            parts += part
        return bytes(parts)

    def last_words(self) -> str:
        """Kill the process and say how it ended."""
        self.process.kill()
        status = self.process.wait()
        said = (
            self.process.stderr.read().decode(errors="replace").strip()
            if self.process.stderr
            else ""
        )
        return f"exit status {status}. {said[-500:]}".strip()

    def end(self) -> None:
        """Kill the process and release what is held."""
        self.channel.close()
        self.process.kill()
        self.process.wait()
        if self.process.stderr:
            self.process.stderr.close()

    def disown(self) -> None:
        """Forget a worker that a parent process owns."""
        self.channel.close()
        self.process.returncode = 0


_idle: deque[Worker] = deque()
_waiting: dict[asyncio.AbstractEventLoop, asyncio.Semaphore] = {}


def _seats() -> asyncio.Semaphore:
    """Bound how many workers one event loop uses at a time; workers themselves belong to no loop."""
    loop = asyncio.get_running_loop()
    if loop not in _waiting:
        for closed in [other for other in _waiting if other.is_closed()]:
            del _waiting[closed]
        _waiting[loop] = asyncio.Semaphore(WORKERS)
    return _waiting[loop]


async def _take() -> Worker:
    while _idle:
        worker = _idle.pop()
        if worker.process.poll() is None:
            return worker
        worker.end()
    worker = Worker()
    try:
        async with asyncio.timeout(START_SECONDS):
            await worker.hear()
    except (ConnectionError, TimeoutError) as error:
        said = worker.last_words()
        worker.end()
        raise SandboxError(f"The SQL worker did not start: {said}") from error
    except BaseException:
        worker.end()
        raise
    return worker


def _end_all() -> None:
    while _idle:
        _idle.pop().end()


def _disown_all() -> None:
    while _idle:
        _idle.pop().disown()


atexit.register(_end_all)
os.register_at_fork(after_in_child=_disown_all)
