"""Environments in worker processes, for those that are heavy on the CPU.

Only the world moves out: `play`, the agent and its model stay in this process and talk to the world
over a socket. A worker hosts many worlds and serves one call at a time. A call that is given up on,
by a time-out or by cancellation, takes its worker with it, since nothing else stops a world that
hangs; the worker is replaced, and the other episodes it hosted fail as the sandbox's. Threads and
machines are left out.
"""

import asyncio
import itertools
import json
import multiprocessing.process
import os
import pickle
import socket
from collections.abc import Awaitable, Iterator, Sequence
from functools import cache
from multiprocessing import spawn
from types import TracebackType
from typing import Any, cast

from firsthand.agent import settled
from firsthand.environment import Action, Environment, Observation, Score
from firsthand.errors import Failed, FirsthandError, Owner, SandboxError, UserError
from firsthand.process import frames
from firsthand.process.child import Child
from firsthand.registry import from_source, lookup, make
from firsthand.secrets import redact
from firsthand.task import Task

END_SECONDS = 0.3
"""How long an idle worker may take to leave."""
LIMIT = 1 << 30
"""Most bytes of one call or answer."""
MEMORY_SHARE = 0.8
"""Share of this machine's memory beyond which a worker is ended, before the kernel ends the parent.
"""


class Processes:
    """At most `n` worker processes, started when they are needed; an async context manager."""

    def __init__(self, n: int) -> None:
        self.n = n
        self._workers: list[Worker] = []
        self._starting = asyncio.Lock()
        self._worlds = itertools.count()

    def make(self, name: str) -> Environment:
        """Return a stand-in for an environment that lives in a worker. Raises `UserError` when its
        class cannot travel.
        """
        environment = lookup(name)
        told = _travelling(environment)
        return _remote(environment)(self, environment, told, next(self._worlds))

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
        await asyncio.gather(*(worker.end() for worker in self._workers))


class Worker:
    """One worker process, as its parent sees it."""

    def __init__(
        self, child: Child, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.alive = True
        self.worlds = 0
        self._child, self._writer = child, writer
        self._numbers = itertools.count()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._hint = (
            " A script that uses processes must guard its main code with "
            "`if __name__ == '__main__':`."
        )
        self._listening = asyncio.create_task(self._listen(reader))

    @classmethod
    async def start(cls) -> "Worker":
        """Start a process. Raises `SandboxError` when this machine does not let it start."""
        memory = int(MEMORY_SHARE * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
        child = Child(
            __name__,
            [_main_module()],
            environment=_environment(),
            streams={"stdout": None, "stderr": None},
            folder=os.getcwd(),
            memory=memory,
        )
        with child.channel:  # the streams own theirs
            streams = await asyncio.open_connection(sock=child.channel.dup())
        return cls(child, *streams)

    async def call(self, *request: Any) -> Any:
        """Send one call and wait for its answer.

        Raises what it raised, or `SandboxError` when the process is gone.
        """
        if not self.alive:
            raise SandboxError("The worker process that held this world is gone.")
        number, content = next(self._numbers), pickle.dumps(request)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._writer.write(frames.frame(number, content))
        try:
            return await answer
        except asyncio.CancelledError:
            self._hint = " It was stopped because a call of another episode in it was given up on."
            self.alive = False
            self._child.hang_up()
            raise

    async def end(self) -> None:
        """Let the process finish, or end it with all that it started."""
        if self.alive:
            self._writer.write_eof()
        await asyncio.wait({self._listening}, timeout=END_SECONDS)
        self._child.hang_up()
        await asyncio.wait({self._listening})

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                number, content = await frames.receive_async(reader.readexactly, limit=LIMIT)
                value, error = pickle.loads(content)
                self._hint = ""
                answer = self._waiting.pop(number)
                if answer.done():
                    continue
                if error:
                    answer.set_exception(_raised(*error))
                else:
                    answer.set_result(value)
        except frames.BadFrame as error:
            self._hint = f" Its answer could not be read: {error}."
            self._child.hang_up()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._bury()

    def _bury(self) -> None:
        self.alive = False
        ending = self._child.ending()
        how = ending.memory is not None and str(ending)
        code = ending.code if ending.signal is None else -ending.signal
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(
                    SandboxError(
                        "A worker process died with this world in it "
                        f"({how or f'exit code {code}'}).{self._hint}"
                    )
                )
        self._writer.close()


def _travelling(environment: type[Environment]) -> type[Environment] | str:
    """Return a class as a worker can be told it: itself, or the name by which a source makes it.

    Raises `UserError`.
    """
    try:
        pickle.dumps(environment)
    except (pickle.PicklingError, AttributeError) as error:
        if from_source(environment):
            return environment.name
        raise UserError(
            f"{environment.name} cannot run in a worker process: {error}. Define its class at the "
            "top of a module, or use processes=0."
        ) from None
    return environment


def _environment() -> dict[str, str]:
    """Return this process's environment without the keys that firsthand has read from it."""
    return {name: value for name, value in os.environ.items() if redact(value) == value}


def _main_module() -> str:
    """Say where classes of the main script are found, as multiprocessing does for its workers."""
    found = spawn.get_preparation_data("firsthand")
    kept = {key: value for key, value in found.items() if key.startswith("init_main_from_")}
    return json.dumps(kept)


class _Remote(Environment):
    """Stands for a world in a worker: every method is a call. Tools and declarations are those of
    the real class.
    """

    def __init__(
        self,
        processes: Processes,
        environment: type[Environment],
        told: type[Environment] | str,
        world: int,
    ) -> None:
        self._processes, self._environment, self._told = processes, environment, told
        self._world = world
        self._worker: Worker | None = None
        self._experts = itertools.count()

    async def _ask(self, method: str, *arguments: Any) -> Any:
        if self._worker is None:
            self._worker = await self._processes.worker()
        return await self._worker.call(self._world, self._told, method, arguments)

    async def reset(self, task: Task) -> Observation:  # pyright: ignore[reportIncompatibleMethodOverride]
        shown, vars(self)["turns"] = await self._ask("reset", task)
        return shown

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
        """Yield awaitables of the expert's actions, without end: after its last one the expert
        idles.
        """
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


def serve(channel: socket.socket, arguments: Sequence[str]) -> None:
    """Host worlds in this process until the parent hangs up."""
    process = cast("Any", multiprocessing.process.current_process())
    process._inheriting = True  # a main script without a guard raises, and starts no workers itself
    try:
        spawn.prepare(json.loads(arguments[0]))
    finally:
        del process._inheriting
    host = _Host()
    with asyncio.Runner() as runner, channel:
        while received := frames.receive(channel, limit=LIMIT):
            number, content = received
            frames.send(channel, number, runner.run(host.answer(content)))


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
        self,
        world: int,
        told: type[Environment] | str,
        method: str,
        arguments: tuple[Any, ...],
    ) -> Any:
        if world not in self.worlds:
            self.worlds[world] = make(told) if isinstance(told, str) else told()
        hosted = self.worlds[world]
        if method == "expert":
            return self._next_action(hosted, world, *arguments)
        if method == "close":
            del self.worlds[world]
            self.experts = {
                key: actions for key, actions in self.experts.items() if key[0] != world
            }
        result = await settled(getattr(hosted, method)(*arguments))
        return (result, hosted.turns) if method == "reset" else result  # turns may be an instance's

    def _next_action(self, hosted: Environment, world: int, number: int) -> Action:
        if (world, number) not in self.experts:
            self.experts[world, number] = iter(hosted.expert())
        return next(self.experts[world, number], Action())
