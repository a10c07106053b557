"""Environments in worker processes, for those that are heavy on the CPU.

Only the world moves out: `play`, the agent and its model stay in this process and talk to the world
over a socket. A worker hosts many worlds and serves one call at a time. A call that is given up on, by
a time-out or by cancellation, takes its worker with it, since nothing else stops a world that hangs; the
worker is replaced, and the other episodes it hosted fail as the sandbox's. Threads and machines are left out.
"""

import asyncio
import itertools
import multiprocessing
import pickle
import signal
import socket
import struct
from collections.abc import Awaitable, Iterator
from functools import cache
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any, cast

from firsthand.agent import settled
from firsthand.environment import Action, Environment, Observation, Score
from firsthand.errors import Failed, FirsthandError, Owner, SandboxError, UserError
from firsthand.registry import lookup
from firsthand.task import Task

HEADER = struct.Struct("!QQ")
"""Number of the call, length of what follows."""

END_SECONDS = 2.0
"""How long an idle worker may take to leave."""


class Processes:
    """At most `n` worker processes, started when they are needed; an async context manager."""

    def __init__(self, n: int) -> None:
        self.n = n
        self._workers: list[Worker] = []
        self._starting = asyncio.Lock()
        self._worlds = itertools.count()

    def make(self, name: str) -> Environment:
        """Return a stand-in for an environment that lives in a worker. Raises `UserError` when its class cannot travel."""
        environment = lookup(name)
        try:
            pickle.dumps(environment)
        except (pickle.PicklingError, AttributeError) as error:
            raise UserError(
                f"{name} cannot run in a worker process: {error}. Define its class at the top of a module, or use processes=0."
            ) from None
        return _remote(environment)(self, environment, next(self._worlds))

    async def worker(self) -> "Worker":
        """Return the worker with the fewest worlds, starting one where one is missing."""
        async with self._starting:
            self._workers = [worker for worker in self._workers if worker.alive]
            idlest = min(self._workers, key=lambda worker: worker.worlds, default=None)
            if idlest is None or (idlest.worlds and len(self._workers) < self.n):
                idlest = await Worker.start()
                self._workers.append(idlest)
            idlest.worlds += 1
            return idlest

    async def __aenter__(self) -> "Processes":
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        for worker in self._workers:
            await worker.end()


class Worker:
    """One worker process, as its parent sees it."""

    def __init__(
        self, process: BaseProcess, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.alive = True
        self.worlds = 0
        self._process, self._writer = process, writer
        self._numbers = itertools.count()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._hint = " A script that uses processes must guard its main code with `if __name__ == '__main__':`."
        self._listening = asyncio.create_task(self._listen(reader))

    @classmethod
    async def start(cls) -> "Worker":
        """Start a process."""
        ours, theirs = socket.socketpair()
        process = multiprocessing.get_context("spawn").Process(
            target=serve, args=(theirs,), daemon=True
        )
        process.start()
        theirs.close()
        return cls(process, *await asyncio.open_connection(sock=ours))

    async def call(self, *request: Any) -> Any:
        """Send one call and wait for its answer. Raises what it raised, or `SandboxError` when the process is gone."""
        if not self.alive:
            raise SandboxError("The worker process that held this world is gone.")
        number, content = next(self._numbers), pickle.dumps(request)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._writer.write(HEADER.pack(number, len(content)) + content)
        try:
            return await answer
        except asyncio.CancelledError:
            self._hint = " It was stopped because a call of another episode in it was given up on."
            self.alive = False
            self._process.kill()
            raise

    async def end(self) -> None:
        """Let the process finish, or kill it."""
        self._writer.close()
        await asyncio.wait({self._listening}, timeout=END_SECONDS)
        self._process.kill()
        await asyncio.wait({self._listening})
        self._process.join()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                number, length = HEADER.unpack(await reader.readexactly(HEADER.size))
                value, error = pickle.loads(await reader.readexactly(length))
                self._hint = ""
                answer = self._waiting.pop(number)
                if answer.done():
                    continue
                if error:
                    answer.set_exception(_raised(*error))
                else:
                    answer.set_result(value)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._bury()

    def _bury(self) -> None:
        self.alive = False
        self._process.join(END_SECONDS)
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(
                    SandboxError(
                        f"A worker process died with this world in it (exit code {self._process.exitcode}).{self._hint}"
                    )
                )
        self._writer.close()


class _Remote(Environment):
    """Stands for a world in a worker: every method is a call. Tools and declarations are those of the real class."""

    def __init__(self, processes: Processes, environment: type[Environment], world: int) -> None:
        self._processes, self._environment, self._world = processes, environment, world
        self._worker: Worker | None = None
        self._experts = itertools.count()

    async def _ask(self, method: str, *arguments: Any) -> Any:
        if self._worker is None:
            self._worker = await self._processes.worker()
        return await self._worker.call(self._world, self._environment, method, arguments)

    def reset(self, task: Task) -> Awaitable[Observation]:
        return self._ask("reset", task)

    def act(self, action: Action) -> Awaitable[Observation]:
        return self._ask("act", action)

    def score(self) -> Awaitable[Score]:
        return self._ask("score")

    def true_score(self) -> Any:
        return (
            None
            if self._environment.true_score is Environment.true_score
            else self._ask("true_score")
        )

    def expert(self) -> Iterator[Action]:
        """Yield awaitables of the expert's actions, without end: after its last one the expert idles."""
        number = next(self._experts)
        while True:
            yield cast(
                "Action", self._ask("expert", number)
            )  # any method may be async; policies await what they get

    def choices(self) -> Any:
        return self._ask("choices")

    def aftermath(self) -> Any:
        return self._ask("aftermath")

    def snapshot(self) -> Any:
        return self._ask("snapshot")

    def restore(self, state: Any) -> Any:
        return self._ask("restore", state)

    async def close(self) -> None:
        if self._worker is None:
            return
        self._worker.worlds -= 1
        if self._worker.alive:
            await self._ask("close")


@cache
def _remote(environment: type[Environment]) -> type[_Remote]:
    return type(f"Remote{environment.__name__}", (_Remote, environment), {})


def _raised(owner: Owner | None, name: str, message: str) -> FirsthandError:
    """Rebuild an error from the worker so that it is recorded as it would have been here."""
    return type(name, (FirsthandError,), {"owner": owner})(message)


def serve(connection: socket.socket) -> None:
    """Host worlds in this process until the parent hangs up."""
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C reaches the whole group; the parent decides
    host = _Host()
    with asyncio.Runner() as runner, connection, connection.makefile("rb") as requests:
        while header := requests.read(HEADER.size):
            number, length = HEADER.unpack(header)
            content = runner.run(host.answer(requests.read(length)))
            connection.sendall(HEADER.pack(number, len(content)) + content)


class _Host:
    """The worlds of one worker process, and what their experts have still to say."""

    def __init__(self) -> None:
        self.worlds: dict[int, Environment] = {}
        self.experts: dict[tuple[int, int], Iterator[Action]] = {}

    async def answer(self, request: bytes) -> bytes:
        """Run one call and return `(value, error)`, pickled."""
        try:
            return pickle.dumps((await self._run(*pickle.loads(request)), None))
        except Exception as error:
            cause = error.cause if isinstance(error, Failed) else error
            owner = error.owner if isinstance(error, FirsthandError) else None
            return pickle.dumps((None, (owner, type(cause).__name__, str(cause))))

    async def _run(
        self, world: int, environment: type[Environment], method: str, arguments: tuple[Any, ...]
    ) -> Any:
        if world not in self.worlds:
            self.worlds[world] = environment()
        hosted = self.worlds[world]
        if method == "expert":
            return self._next_action(hosted, world, *arguments)
        if method == "close":
            del self.worlds[world]
            self.experts = {
                key: actions for key, actions in self.experts.items() if key[0] != world
            }
        return await settled(getattr(hosted, method)(*arguments))

    def _next_action(self, hosted: Environment, world: int, number: int) -> Action:
        if (world, number) not in self.experts:
            self.experts[world, number] = iter(hosted.expert())
        return next(self.experts[world, number], Action())
