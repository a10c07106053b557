"""SQL that an agent wrote, executed on in-memory SQLite databases in processes that can be killed.

A database is a value: the bytes that SQLite serializes it to. `execute` takes one and returns one,
so environments that hold a database copy, fork and compare like any other, and nothing of an
episode is lost with a worker. Workers are slow to start and are used again by all episodes of the
process. Left out: on-disk databases, and transactions that span statements.
"""

import asyncio
import atexit
import contextlib
import itertools
import os
import sqlite3
import subprocess
from collections import deque
from contextlib import closing

import msgspec

from firsthand.errors import SandboxError, ToolError
from firsthand.process import frames, seccomp
from firsthand.process.child import Child
from firsthand.sandbox import sql_worker
from firsthand.sandbox.fair_queue import Queue
from firsthand.sandbox.sql_worker import Refusal, Request, Result, Row

WORKERS = max(2, min(4, os.cpu_count() or 1))
"""How many workers serve the quick clients of one event loop; half as many more serve slow ones."""
SLOW_NICENESS = 10
START_SECONDS = 30.0
LAST_SECONDS = 0.3
"""How long a worker that has closed its socket may take to leave."""
RUNAWAY_SECONDS = 300.0
"""Far above what the step limit lets a statement take, on a machine that is busy too."""

_decoder = msgspec.msgpack.Decoder(Result | Refusal)


async def execute(
    image: bytes,
    sql: str,
    parameters: Row = (),
    *,
    writes: bool = False,
    rows: int = 100,
    client: object = None,
    seconds: float = RUNAWAY_SECONDS,
) -> Result:
    """Execute one statement on the database and return its first `rows` rows and the database
    afterwards.

    What may be executed is an allow-list: reading and, with `writes`, changing rows. Raises
    `ToolError`, in words for the agent, when the statement is wrong, forbidden or takes too many
    steps: that depends on the statement and the database alone. `client` is who asks, an episode's
    own object: slow clients wait for each other. Raises `SandboxError` when the worker died, or
    answered nothing for so many `seconds`.
    """
    try:
        request = msgspec.msgpack.encode(Request(image, sql, parameters, writes, rows))
    except (UnicodeEncodeError, OverflowError) as error:
        raise ToolError(
            f"SQL error: the statement or a value cannot be represented: {error}."
        ) from None
    async with _queue().seat(client) as seat:
        worker = await _take(slow=seat.slow)
        seat.begin(worker.slow_down)
        try:
            async with asyncio.timeout(seconds):
                reply = await worker.ask(request)
        except TimeoutError:
            worker.end()
            raise SandboxError(
                f"The SQL worker gave no answer within {seconds:g} s, which the limit of steps "
                "should have prevented; nothing was changed."
            ) from None
        except BaseException:  # also cancelled: its answer must not reach the next one who asks
            worker.end()
            raise
        _keep(worker)
    answer = _decoder.decode(reply)
    if isinstance(answer, Refusal):
        raise ToolError(answer.text)
    return answer


def tables(image: bytes) -> dict[str, list[Row]]:
    """Read a whole database in this process: the rows of every table by key, and its schema as
    `sqlite_schema`.
    """
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
    """A process at the other end of a socket. It dies when the socket closes."""

    def __init__(self, *, slow: bool = False) -> None:
        self.child = Child(
            sql_worker.__name__, supervised=False, streams={"stderr": subprocess.PIPE}
        )
        self.child.channel.setblocking(False)
        self._numbers = itertools.count(1)
        self.slow = False
        if slow:
            self.slow_down()

    def slow_down(self) -> None:
        """Lower the priority of the process, for good."""
        self.slow = True
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.process.pid, SLOW_NICENESS)

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """The process itself."""
        return self.child.process

    async def ask(self, request: bytes) -> bytes:
        """Send a request and return the answer. Raises `SandboxError` when the worker is gone."""
        number = next(self._numbers)
        try:
            message = frames.frame(number, request)
            await asyncio.get_running_loop().sock_sendall(self.child.channel, message)
            answered, reply = await frames.receive_async(self._exactly)
        except (OSError, EOFError, frames.BadFrame) as error:
            raise SandboxError(f"The SQL worker died: {self.last_words()}") from error
        if answered != number:
            raise SandboxError(f"The SQL worker answered {answered} to request {number}.")
        return reply

    async def started(self) -> None:
        """Wait until the worker is up. Raises `OSError`, `EOFError`."""
        await frames.receive_async(self._exactly)

    async def _exactly(self, length: int) -> bytes:
        loop, parts = asyncio.get_running_loop(), bytearray()
        while len(parts) < length:
            part = await loop.sock_recv(self.child.channel, length - len(parts))
            if not part:
                raise EOFError
            parts += part
        return bytes(parts)

    def last_words(self) -> str:
        """Say how the process ended; kill it if it has not."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(LAST_SECONDS)
        self.process.kill()
        status = self.process.wait()
        stderr = self.process.stderr
        said = stderr.read().decode(errors="replace").strip() if stderr else ""
        return f"exit status {status}. {said[-500:]}".strip()

    def end(self) -> None:
        """Kill the process and release what is held."""
        self.child.close()

    def disown(self) -> None:
        """Forget a worker that a parent process owns."""
        self.child.disown()


_idle: dict[bool, deque[Worker]] = {False: deque(), True: deque()}
"""Workers that wait for work: ordinary ones, and those that run slow statements at a low priority.
"""
_queues: dict[asyncio.AbstractEventLoop, Queue] = {}


def _queue() -> Queue:
    """Bound how many workers one event loop uses at a time; workers belong to no loop."""
    loop = asyncio.get_running_loop()
    if loop not in _queues:
        for closed in [other for other in _queues if other.is_closed()]:
            del _queues[closed]
        _queues[loop] = Queue(WORKERS, max(1, WORKERS // 2))
    return _queues[loop]


async def _take(*, slow: bool) -> Worker:
    idle = _idle[slow]
    while idle:
        worker = idle.pop()
        if worker.process.poll() is None:
            return worker
        worker.end()
    worker = Worker(slow=slow)
    try:
        async with asyncio.timeout(START_SECONDS):
            await worker.started()
    except (OSError, EOFError, TimeoutError, frames.BadFrame) as error:
        said = worker.last_words()
        worker.end()
        raise SandboxError(f"The SQL worker did not start: {said}") from error
    except BaseException:
        worker.end()
        raise
    return worker


def _keep(worker: Worker) -> None:
    """Keep a worker for the next statement, unless enough are waiting."""
    if len(_idle[worker.slow]) < WORKERS:
        _idle[worker.slow].append(worker)
    else:
        worker.end()


def _end_all() -> None:
    for idle in _idle.values():
        while idle:
            idle.pop().end()


def _disown_all() -> None:
    for idle in _idle.values():
        while idle:
            idle.pop().disown()


atexit.register(_end_all)
os.register_at_fork(after_in_child=_disown_all)


def containment() -> str:
    """Say what keeps the workers from the rest of the machine."""
    if why := seccomp.missing():
        return f"limits only ({why}): the worker's code could start processes and open files"
    return "contained: seccomp (no processes, no files, no sockets)"
