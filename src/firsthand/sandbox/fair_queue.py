"""Whose statement runs next: slow clients wait for each other, never quick ones for slow ones.

Only when a statement runs depends on time, never what it answers. A client is slow while its last
statements took `PATIENCE` or more. Slow ones share a few seats of their own; a statement of a quick
client that turns out to be slow moves over there, and its seat is free for the next.
"""

import asyncio
import heapq
import itertools
import time
import weakref
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

PATIENCE = 0.1
"""Seconds after which a statement is slow; a client is where the moving average of its statements
is.
"""
MOVED = 16
"""Most statements that have moved over at a time: they hold workers beyond the seats, and so
memory.
"""


class Seat:
    """Where one statement runs. `slow`: among the slow ones, from the beginning or since it moved
    there.
    """

    def __init__(self, queue: "Queue", *, slow: bool) -> None:
        self.slow, self.moved = slow, False
        self._queue = queue
        self._began: float | None = None
        self._moving: asyncio.TimerHandle | None = None

    def begin(self, slow_down: Callable[[], None]) -> None:
        """Start the clock; `slow_down` is called if the statement moves over to the slow ones."""
        self._began = time.perf_counter()
        if not self.slow:
            loop = asyncio.get_running_loop()
            self._moving = loop.call_later(PATIENCE, self._queue.move, self, slow_down)

    def end(self) -> float:
        """Stop the clock and return the seconds on it."""
        if self._moving:
            self._moving.cancel()
        return 0.0 if self._began is None else time.perf_counter() - self._began


class Queue:
    """The seats of one event loop: `quick` for quick clients, `slow` for slow ones."""

    def __init__(self, quick: int, slow: int) -> None:
        self._free = {False: quick, True: slow}
        self._waiting: dict[bool, list[tuple[float, int, asyncio.Future[None]]]]
        self._waiting = {False: [], True: []}
        self._seconds: weakref.WeakKeyDictionary[Any, float] = weakref.WeakKeyDictionary()
        self._numbers = itertools.count()
        self._moved = 0

    @asynccontextmanager
    async def seat(self, client: object) -> AsyncGenerator[Seat]:
        """Wait for a seat and hold it. Among those who wait, the quickest client goes first."""
        seconds = 0.0 if client is None else self._seconds.get(client, 0.0)
        seat = Seat(self, slow=seconds >= PATIENCE)
        await self._enter(seat.slow, seconds)
        try:
            yield seat
        finally:
            taken = seat.end()
            if client is not None:
                self._seconds[client] = (seconds + taken) / 2
            if seat.moved:
                self._moved -= 1
            else:
                self._leave(seat.slow)

    def move(self, seat: Seat, slow_down: Callable[[], None]) -> None:
        """Take a running statement over to the slow ones, where there is room."""
        if self._moved < MOVED:
            self._moved += 1
            seat.moved = seat.slow = True
            slow_down()
            self._leave(slow=False)

    async def _enter(self, slow: bool, used: float) -> None:
        if self._free[slow]:
            self._free[slow] -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting[slow], (used, next(self._numbers), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # the seat was given just now
                self._leave(slow)
            raise

    def _leave(self, slow: bool) -> None:
        waiting = self._waiting[slow]
        while waiting:
            turn = heapq.heappop(waiting)[2]
            if not turn.done():
                turn.set_result(None)
                return
        self._free[slow] += 1
