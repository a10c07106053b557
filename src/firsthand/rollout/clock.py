"""The time limits of one episode, held around every call that leaves our code.

A call may block its thread, wait for ever, or swallow the cancellation that is meant to end it:
each ends at its limit, or a second after it. What asyncio offers is not enough: `asyncio.timeout`
waits for as long as the coroutine likes once it was cancelled, and a task of its own for every call
costs more than a turn of a small world.
"""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import partial
from types import coroutine
from typing import Any, TypeVar, cast

from firsthand.environment import Observation, Score
from firsthand.errors import LimitReached
from firsthand.rollout.watchdog import Expired, watched

T = TypeVar("T")

GRACE_SECONDS = 1.0
"""How long a call may take to clean up after it was cancelled; then it is abandoned."""

CLOSE_SECONDS = 1.0
"""What closing may take even when the episode's time is spent, or when it was cancelled."""

READY = {Observation, Score, type(None)}
"""Looked up first, because asking whether a value can be awaited takes longer."""

_abandoned: list[object] = []
"""Coroutines that cannot even be closed; kept, because Python complains when it throws one away."""


class Clock:
    """Calls functions within the limits of a turn and of the episode."""

    __slots__ = ("end", "episode_seconds", "turn_seconds")

    def __init__(self, started: float, turn_seconds: float, episode_seconds: float) -> None:
        self.turn_seconds, self.episode_seconds = turn_seconds, episode_seconds
        self.end = started + episode_seconds

    async def call(self, who: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return what the function returns, awaited if awaitable. Raises `LimitReached`."""
        end = time.perf_counter() + self.turn_seconds
        if end > self.end:
            end = self.end
        try:
            value = watched(end, function, *arguments)
            if type(value) not in READY and inspect.isawaitable(value):
                value = await driven(value, end)
        except Expired as late:
            raise self._reached(who, end, late.doing) from None
        if time.perf_counter() > end:
            raise self._reached(who, end, "")
        return value

    async def close(self, function: Callable[[], Any], *, hurry: bool) -> None:
        """Close something, in a time of its own: also when the episode's is spent. Raises
        `LimitReached`.
        """
        now = time.perf_counter()
        own = CLOSE_SECONDS if hurry else max(self.end - now, CLOSE_SECONDS)
        seconds = min(self.turn_seconds, own)
        try:
            value = watched(now + seconds, function)
            if inspect.isawaitable(value):
                await driven(value, now + seconds)
        except Expired:
            message = f"The environment took over {seconds:g} s to close."
            raise LimitReached(message, seconds=seconds) from None

    def _reached(self, who: str, end: float, doing: str) -> LimitReached:
        if end == self.end:
            seconds, message = self.episode_seconds, "The episode took over {:g} s."
        else:
            seconds, message = self.turn_seconds, who + " took over {:g} s for one turn."
        return LimitReached(message.format(seconds), seconds=seconds, doing=doing)


@coroutine
def driven(value: Awaitable[T], end: float) -> Generator[Any, Any, T]:
    """Await something until `end`; then cancel it, and abandon it when that does not help. Raises
    `Expired`.

    It runs in the same task, one step at a time. A cancellation from outside is passed on and gets
    the same `GRACE_SECONDS`; one that is swallowed is raised nonetheless.
    """
    steps = _steps(value)
    stop: _Stop | None = None
    move: Callable[[Any], Any] = steps.send
    step: Any = None
    try:
        while True:
            try:
                waiting = watched(end if stop is None else stop.until, move, step)
            except StopIteration as done:
                if stop is not None and stop.asked:  # it swallowed what was to end it
                    raise asyncio.CancelledError from None
                return done.value
            if stop is None:
                stop = _Stop(end)
            try:
                if waiting is None or type(waiting) is asyncio.Future:
                    step = yield waiting
                else:  # a task may refuse to be cancelled
                    step = yield from stop.gated(waiting)
                move = steps.send
            except GeneratorExit:
                steps.close()
                raise
            except BaseException as error:
                if isinstance(error, asyncio.CancelledError) and stop.began():
                    _abandon(steps)
                    raise
                move, step = steps.throw, error
    except (asyncio.CancelledError, Expired) as error:
        if stop is not None and stop.by_others:
            raise asyncio.CancelledError from None
        if stop is not None and stop.expired:
            raise Expired(getattr(error, "doing", "")) from None
        raise
    finally:
        if stop is not None:
            stop.release()


class _Stop:
    """The end of one awaited call: when it is due, whether it was asked for, and by whom."""

    __slots__ = (
        "_before",
        "_grace",
        "_loop",
        "_over",
        "_sent",
        "_task",
        "_timer",
        "expired",
        "until",
    )

    def __init__(self, end: float) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task, self._loop = task, asyncio.get_running_loop()
        self._before, self._sent = task.cancelling(), 0
        self._over = self.expired = False
        self.until = end
        self._grace: asyncio.TimerHandle | None = None
        self._timer = self._loop.call_later(max(end - time.perf_counter(), 0.0), self._expire)

    @property
    def asked(self) -> bool:
        """Whether somebody wants the task to stop, the clock or others."""
        return self._task.cancelling() > self._before

    @property
    def by_others(self) -> bool:
        """Whether somebody other than the clock wants the task to stop."""
        return self._task.cancelling() > self._before + self._sent

    def began(self) -> bool:
        """Note a cancellation, which starts the time for cleaning up; say whether that is over."""
        if self._grace is None and self.asked:
            self.until = time.perf_counter() + GRACE_SECONDS
            self._grace = self._loop.call_later(GRACE_SECONDS, self._give_up)
        return self._over

    def release(self) -> None:
        """Take back the clock's own requests: the task goes on."""
        self._timer.cancel()
        if self._grace is not None:
            self._grace.cancel()
        for _ in range(self._sent):
            self._task.uncancel()

    def gated(self, waiting: "asyncio.Future[Any]") -> Generator[Any, Any, None]:
        """Wait for a task in a way that can be given up. Raises `CancelledError` then."""
        if not asyncio.isfuture(waiting):
            yield waiting  # the loop explains what is wrong with it
            return
        waiting._asyncio_future_blocking = False  # pyright: ignore[reportPrivateUsage] - as a task does that takes it
        while not waiting.done():
            gate: asyncio.Future[None] = self._loop.create_future()
            opening = partial(_open, gate)
            waiting.add_done_callback(opening)
            try:
                yield from gate
            except asyncio.CancelledError:
                if self.began():
                    raise
                waiting.cancel()
            finally:
                waiting.remove_done_callback(opening)

    def _expire(self) -> None:
        self.expired = True
        self._cancel()

    def _give_up(self) -> None:
        self._grace = None
        if self.expired or self.by_others:  # else the call had cancelled itself, and dealt with it
            self._over = True
            self._cancel()

    def _cancel(self) -> None:
        self._sent += 1
        self._task.cancel()


def _open(gate: "asyncio.Future[None]", _waiting: object) -> None:
    if not gate.done():
        gate.set_result(None)


def _steps(value: Awaitable[T]) -> Coroutine[Any, Any, T]:
    """Return a coroutine for anything that can be awaited."""
    if inspect.iscoroutine(value):
        return cast("Coroutine[Any, Any, T]", value)

    async def awaited() -> T:
        return await value

    return awaited()


def _abandon(steps: Coroutine[Any, Any, Any]) -> None:
    """Close a coroutine that does not end; keep the one that does not even let itself be closed."""
    try:
        watched(time.perf_counter() + GRACE_SECONDS / 2, steps.close)
    except BaseException as error:
        _abandoned.append(steps)
        if isinstance(error, KeyboardInterrupt):
            raise
