"""An episode that somebody else drives: `play` runs as a task, and its player waits for actions.

So a framework that owns the loop gets the same episode as everybody else (law 1): the same
observations, rewards, checks and limits, and a record that can be kept and replayed. The time
between two actions is the framework's own, a whole batch of generation at times, hence the wide
default limits. Left out: time-outs of silent sessions, which are a server's business.
"""

import asyncio
import os
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from uuid import uuid4

from firsthand.agent import Agent
from firsthand.environment import Action, Observation
from firsthand.episode import Episode, Stop
from firsthand.errors import FirsthandError, UserError
from firsthand.models.seat import Seat, Seen
from firsthand.registry import lookup
from firsthand.rollout.play import Limits, play
from firsthand.task import Task

if TYPE_CHECKING:
    from firsthand.journal.segments import Writer

T = TypeVar("T")

PATIENT = Limits(turn_seconds=3600.0, episode_seconds=86400.0)
"""An hour for each action, a day for the episode: a trainer may sample a large batch meanwhile."""


class EpisodeFailed(FirsthandError):
    """An episode that broke, and has no reward; `episode.error` says who is to blame."""

    def __init__(self, episode: Episode) -> None:
        super().__init__(f"The episode of {episode.task.id} failed: {episode.error}")
        self.episode = episode


class Shown(NamedTuple):
    """What is shown to the player: after the reset, or after an action."""

    observation: Observation
    choices: tuple[str, ...]
    """The legal moves, where the environment tells them."""
    reward: float
    """The change in score that the last action caused; 0 after the reset."""
    episode: Episode | None
    """The record, once the episode is over."""

    @property
    def over(self) -> bool:
        """Whether nothing more can be done."""
        return self.episode is not None

    @property
    def truncated(self) -> bool:
        """Whether a budget ended the episode, and not the environment."""
        return self.episode is not None and self.episode.stop is not Stop.DONE


class Stepping:
    """One episode, played one action at a time: `start`, `step` until it is over, `close`.

    `agent` is the name to record; `journal` a folder in which the finished episode is kept, with a
    tag of its own unless `tags` are given, so that several plays of one task all count. All methods
    belong to one event loop; `waited` is for callers without one. Raises `EpisodeFailed` when the
    episode breaks.
    """

    def __init__(
        self,
        task: Task,
        *,
        agent: str,
        limits: Limits = PATIENT,
        journal: Path | str | None = None,
        run: str = "",
        tags: dict[str, str] | None = None,
    ) -> None:
        self.task, self.environment = task, lookup(task.environment)()
        self._seat = Seat(agent, self._show, telling_rewards=True)
        self._asked: asyncio.Future[Shown] | None = None
        self._limits, self._journal, self._run = limits, journal, run
        self._tags = tags if tags is not None or journal is None else {"play": uuid4().hex[:12]}
        self._play: asyncio.Task[Episode] | None = None
        self.shown: Shown | None = None

    async def start(self) -> Shown:
        """Reset the environment and return what is shown first."""
        if self._play is not None:
            raise UserError("This episode has begun: make another Stepping for another episode.")
        self._asked = asyncio.get_running_loop().create_future()
        self._play = asyncio.create_task(
            play(
                self.environment,
                Agent(model=self._seat),
                self.task,
                limits=self._limits,
                run=self._run,
                tags=self._tags,
            )
        )
        return await self._next()

    async def step(self, action: Action) -> Shown:
        """Take one action and return what it led to. Raises `UserError` after the end."""
        if self._play is None or self.shown is None:
            raise UserError("The episode has not begun: call start() first.")
        if self.shown.over:
            raise UserError(f"The episode of {self.task.id} is over: begin another.")
        self._asked = asyncio.get_running_loop().create_future()
        self._seat.answer(action)
        return await self._next()

    async def finish(self) -> Episode:
        """Do nothing until the episode is over, as `play` has it for a player who stopped.

        The score then stands as it is, where nothing happens by itself.
        """
        shown = self.shown
        if shown is None:
            raise UserError("The episode has not begun: call start() first.")
        while shown.episode is None:
            shown = await self.step(Action())
        return shown.episode

    async def close(self) -> None:
        """Give up an episode that is not over; it leaves no record. The world is released."""
        if self._play is not None and not self._play.done():
            self._play.cancel()
            await asyncio.wait({self._play})

    def _show(self, seen: Seen) -> None:
        assert self._asked is not None
        self._asked.set_result(
            Shown(seen.observation, tuple(seen.choices), seen.reward or 0.0, None)
        )

    async def _next(self) -> Shown:
        assert self._play is not None and self._asked is not None
        asked = self._asked
        await asyncio.wait({asked, self._play}, return_when=asyncio.FIRST_COMPLETED)
        if asked.done():
            self.shown = asked.result()
            return self.shown
        episode = self._play.result()
        if self._journal is not None:
            keep(episode, Path(self._journal))
        if episode.error is not None:
            raise EpisodeFailed(episode)
        reward = episode.turns[-1].reward if episode.turns else 0.0
        self.shown = Shown(episode.final, (), reward, episode)
        return self.shown


_writers: dict[tuple[int, Path], "Writer"] = {}
"""One segment for each process and journal, for as long as the process lives."""


def keep(episode: Episode, folder: Path) -> None:
    """Append an episode to the journal in a folder."""
    from firsthand.journal.journal import Journal  # deferred: most callers keep nothing

    place = os.getpid(), folder.resolve()
    if place not in _writers:
        _writers[place] = Journal(folder).writer()
    _writers[place].append(episode)


_loops: dict[int, asyncio.AbstractEventLoop] = {}
_lock = threading.Lock()


def waited(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the bridges' own thread and wait for it: for callers that are not async.

    One thread serves all episodes of a process; a forked process gets its own. Works inside a
    running event loop too, as in notebooks.
    """
    return asyncio.run_coroutine_threadsafe(coroutine, _loop()).result()


def _loop() -> asyncio.AbstractEventLoop:
    with _lock:
        loop = _loops.get(os.getpid())
        if loop is None:
            loop = _loops[os.getpid()] = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="firsthand-bridges", daemon=True).start()
        return loop
