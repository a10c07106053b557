"""Worker processes that answer one request at a time, and are used again by all episodes.

A worker module has `serve(channel, arguments)`: it says once that it is up, then answers each frame
with one. It keeps nothing between two, so any worker can serve any episode and be killed at any
time.
"""

import asyncio
import atexit
import contextlib
import itertools
import os
import subprocess
import weakref
from collections import deque

from firsthand.errors import SandboxError
from firsthand.process import frames
from firsthand.process.child import Child

WORKERS = max(2, min(4, os.cpu_count() or 1))
"""How many workers one event loop uses at a time."""
START_SECONDS = 30.0
LAST_SECONDS = 0.3
"""How long a worker that has closed its socket may take to leave."""


class Lost(SandboxError):
    """A worker ended instead of answering. `code` is its exit code, negative for a signal."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class Worker:
    """A process at the other end of a socket."""

    def __init__(self, module: str, *, supervised: bool) -> None:
        self.child = Child(module, supervised=supervised, streams={"stderr": subprocess.PIPE})
        self.child.channel.setblocking(False)
        self._numbers = itertools.count(1)

    async def started(self) -> None:
        """Wait until the worker is up."""
        await frames.receive_async(self._exactly)

    async def ask(self, request: bytes) -> bytes:
        """Send a request and return the answer."""
        number = next(self._numbers)
        message = frames.frame(number, request)
        await asyncio.get_running_loop().sock_sendall(self.child.channel, message)
        answered, reply = await frames.receive_async(self._exactly)
        if answered != number:
            raise frames.BadFrame(f"{answered} was answered to request {number}")
        return reply

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
        process = self.child.process
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(LAST_SECONDS)
        process.kill()
        status = process.wait()
        said = process.stderr.read().decode(errors="replace").strip() if process.stderr else ""
        return f"exit status {status}. {said[-500:]}".strip()


class Workers:
    """The workers of one module. What a request may take is the module's affair; `ask` only stops a
    worker that does not keep to it.
    """

    def __init__(self, module: str, what: str, *, supervised: bool = True) -> None:
        self.module, self.what, self._supervised = module, what, supervised
        self._idle: deque[Worker] = deque()
        self._seats: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = (
            weakref.WeakKeyDictionary()
        )
        atexit.register(self.end)
        os.register_at_fork(after_in_child=self._disown)

    async def ask(self, request: bytes, *, seconds: float) -> bytes:
        """Return a worker's answer. Raises `SandboxError` when it dies or takes too long."""
        loop = asyncio.get_running_loop()
        async with self._seats.setdefault(loop, asyncio.Semaphore(WORKERS)):
            worker = await self._take()
            try:
                async with asyncio.timeout(seconds):
                    reply = await worker.ask(request)
            except TimeoutError:
                worker.child.close()
                raise SandboxError(
                    f"The worker for {self.what} gave no answer within {seconds:g} s."
                ) from None
            except (OSError, EOFError, frames.BadFrame) as error:
                ending = worker.child.ending()
                code = -ending.signal if ending.signal else ending.code or 0
                raise Lost(f"The worker for {self.what} was lost: {ending}.", code) from error
            except BaseException:  # its answer must not reach the next one who asks
                worker.child.close()
                raise
            self._keep(worker)
            return reply

    async def _take(self) -> Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.child.process.poll() is None:
                return worker
            worker.child.close()
        worker = Worker(self.module, supervised=self._supervised)
        try:
            async with asyncio.timeout(START_SECONDS):
                await worker.started()
        except (OSError, EOFError, frames.BadFrame) as error:
            said = worker.last_words()
            worker.child.close()
            raise SandboxError(f"The worker for {self.what} did not start: {said}") from error
        except BaseException:
            worker.child.close()
            raise
        return worker

    def _keep(self, worker: Worker) -> None:
        if len(self._idle) < WORKERS:
            self._idle.append(worker)
        else:
            worker.child.close()

    def end(self) -> None:
        """End the workers that wait for work."""
        while self._idle:
            self._idle.pop().child.close()

    def _disown(self) -> None:
        while self._idle:
            self._idle.pop().child.disown()
