"""Gather concurrent calls into batches: episodes ask one by one, a model answers many at once."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

GATHER_SECONDS = 0.002
"""Time without a new request after which a batch is full: episodes that run on one event loop ask
within a fraction of it, and a forward pass of a small model takes 50 times as long."""


class Batcher(Generic[Asked, Answer]):
    """Answer requests in batches of at most `most`, in one thread.

    `work` gets the requests of a batch in the order in which they came, and returns an answer or an
    exception for each.
    """

    def __init__(
        self, work: Callable[[list[Asked]], Sequence[Answer | Exception]], *, most: int = 64
    ) -> None:
        self._work, self._most = work, most
        self._waiting: list[tuple[Asked, Future[Answer]]] = []
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="batch")

    async def ask(self, request: Asked) -> Answer:
        """Return the answer to one request, or raise its exception."""
        future: Future[Answer] = Future()
        with self._lock:
            self._waiting.append((request, future))
        self._pool.submit(self._drain)
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Finish what was asked and end the thread."""
        self._pool.shutdown()

    def _drain(self) -> None:
        """Answer what waits. One call for each request: most find that another took it along."""
        self._gather()
        with self._lock:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        batch = [
            (asked, future) for asked, future in batch if future.set_running_or_notify_cancel()
        ]
        if not batch:
            return
        try:
            answers = self._work([asked for asked, _ in batch])
        except Exception as error:
            answers = [error] * len(batch)
        for (_, future), answer in zip(batch, answers, strict=True):
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)

    def _gather(self) -> None:
        """Wait while requests keep coming."""
        found = 0
        while found < len(self._waiting) < self._most:
            found = len(self._waiting)
            time.sleep(GATHER_SECONDS)
