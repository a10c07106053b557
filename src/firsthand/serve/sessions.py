"""The sessions of a server: opened, played, looked at, ended, each one call of `play`.

Whatever a client does, the world of its episode is released: when the episode is over, when the
client leaves, when it has been silent for too long, when the server stops. Ids cannot be guessed,
and a session answers only the client that opened it. What was played goes to the journal, failures
and abandoned episodes included: otherwise leaving would be a way to hide a bad score.
"""

import asyncio
import re
import secrets
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from random import Random
from types import TracebackType
from typing import Literal

import msgspec

from firsthand.agent import Agent
from firsthand.environment import Action, Environment, Observation
from firsthand.episode import Episode, Failure, Stop
from firsthand.errors import (
    Failed,
    FirsthandError,
    InvalidAction,
    JournalError,
    LimitReached,
    UserError,
    nearest,
)
from firsthand.journal.segments import Writer
from firsthand.models.scripted import Scripted
from firsthand.models.seat import Seat, Seen
from firsthand.registry import lookup, make, tasks
from firsthand.returned import action as checked
from firsthand.rollout.play import Limits, Unbuilt, built, play
from firsthand.serve.wire import (
    MOST_NAME,
    Busy,
    Full,
    NoSession,
    NotServed,
    Offer,
    Open,
    Over,
    Refusal,
    View,
    offer,
    outcome,
)
from firsthand.task import SPLITS, Split, Task, fingerprint

ID_BYTES = 24
"""Random bytes of a session's id: 192 bits cannot be guessed."""

SWEEPS = 10
"""How often in the time that a session may be idle the idle ones are looked for."""

MOST_OVER = 4
"""Outcomes that are kept for reading, for each episode that may be played at once."""

NAME = re.compile(rf"[\w.:/@+-]{{1,{MOST_NAME}}}", re.ASCII)


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What clients of a server may do."""

    sessions: int = 1024
    """Most episodes at once."""
    idle_seconds: float = 300.0
    """How long a player may think, and how long the outcome of an episode can be read."""
    episode_seconds: float = 4 * 3600.0
    """Most wall time of one episode."""
    message_bytes: int = 1_000_000
    """Most bytes of one message."""
    messages_per_second: float = 2000.0
    """Of one client, on average; for a second it may send twice as many."""
    rewards: Literal["end", "turn"] = "end"
    """Whether the rewards of turns are told at once, as trainers may want, or at the end: an agent
    in process is not shown them."""
    splits: tuple[Split, ...] = SPLITS
    """The splits that may be played."""

    @property
    def limits(self) -> Limits:
        """The limits of an episode: looking for idle sessions comes before the limit of a turn."""
        turn = self.idle_seconds * (1 + 2 / SWEEPS) + 10.0
        return Limits(turn_seconds=turn, episode_seconds=self.episode_seconds)


class Left(FirsthandError):
    """The player closed the session before the episode was over; it counts as a score of 0."""

    owner = "model"
    by_agent = True


class Silent(LimitReached):
    """The player sent nothing for longer than a session may be idle."""


class Session:
    """One episode that is played from outside."""

    def __init__(
        self, task: Task, owner: str, seat_name: str, offered: Offer, rules: Rules
    ) -> None:
        self.id = secrets.token_urlsafe(ID_BYTES)
        self.task, self.owner, self.offer = task, owner, offered
        self.telling = rules.rewards == "turn"
        self.seat = Seat(seat_name, self._show, telling_rewards=self.telling)
        self.actions: list[Action] = []
        self.view = View(self.id, -1, Observation())
        self.over = False
        self.playing: asyncio.Task[None] | None = None
        self.ending = False
        """Whether its play was cancelled by the server, and not by the world."""
        self.touched = time.monotonic()
        self._shown: asyncio.Future[View] | None = None

    async def act(self, action: Action, turn: int | None = None) -> View:
        """Take a turn and return what is seen then. Raises `Refusal`; the turn is then not taken.

        An action that no journal could keep is refused here, where its sender can still mend it.
        """
        if self.over:
            raise Over("The episode is over: read its outcome, or start another one.")
        if not self.seat.waiting:
            raise Busy("The last action is still being carried out.")
        if turn is not None and turn != self.view.turn:
            raise Busy(f"The action is for turn {turn}, but turn {self.view.turn} is to be played.")
        try:
            action = checked(action)
        except InvalidAction as error:
            raise Refusal(str(error)) from None
        self.touched = time.monotonic()
        self.actions.append(action)
        shown = self.shown()
        self.seat.answer(action)
        return await shown

    def shown(self) -> "asyncio.Future[View]":
        """Return the view that comes next, when it comes."""
        if self._shown is None or self._shown.done():
            self._shown = asyncio.get_running_loop().create_future()
        return self._shown

    def is_over(self, episode: Episode) -> None:
        """Show how the episode ended, and forget how it was played."""
        self.over = True
        self.actions.clear()
        told = outcome(episode)
        reward = told.reward
        if self.telling and told.error is None:
            reward = told.rewards[-1] if told.rewards else None
        turn, seen = len(episode.turns), episode.final
        self._tell(View(self.id, turn, seen, reward=reward, over=True, outcome=told))

    def broke(self, error: BaseException) -> None:
        """Tell whoever waits that the server itself failed."""
        shown = self.shown()
        shown.set_exception(error)
        shown.exception()  # it may be that nobody waits

    def _show(self, seen: Seen) -> None:
        choices = list(seen.choices) or None
        self._tell(View(self.id, seen.turn, seen.observation, choices, seen.reward))

    def _tell(self, view: View) -> None:
        first = self.view.turn < 0
        self.view = msgspec.structs.replace(view, offer=self.offer) if first else view
        self.touched = time.monotonic()
        if self._shown is not None and not self._shown.done():
            self._shown.set_result(self.view)


class Sessions:
    """All sessions of a server; an async context manager.

    `make` makes instances, in worker processes for example; `writer` keeps what was played;
    `complain` is told what the operator must know. Raises `UserError` for environments that are
    not known.
    """

    def __init__(
        self,
        environments: Sequence[str],
        *,
        rules: Rules = Rules(),
        make: Callable[[str], Environment] = make,
        writer: Writer | None = None,
        run: str = "served",
        complain: Callable[[str], None] = lambda _text: None,
    ) -> None:
        found = [lookup(name) for name in environments]
        self.environments = {environment.name: environment for environment in found}
        self.rules, self.run = rules, run
        self._make, self._writer, self._complain = make, writer, complain
        self._limits = rules.limits
        self._live: dict[str, Session] = {}
        self._over: OrderedDict[str, Session] = OrderedDict()
        self._seeds = Counter[tuple[str, int, str, int]]()
        self._sweeper: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._live)

    async def __aenter__(self) -> "Sessions":
        self._sweeper = asyncio.create_task(self._sweep())
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Stop all play; what was under way is nobody's failure and leaves no episode."""
        running: list[asyncio.Task[None]] = [self._sweeper] if self._sweeper else []
        for session in self._live.values():
            session.ending = True
            running += [session.playing] if session.playing else []
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def open(self, asked: Open, owner: str, wire: str) -> Session:
        """Begin an episode and return its session once there is something to see.

        Raises `Refusal`.
        """
        if len(self._live) >= self.rules.sessions:
            raise Full(f"All {self.rules.sessions} sessions are in use: try again later.")
        task = self._task(asked)
        if asked.agent and not NAME.fullmatch(asked.agent):
            raise Refusal(
                f"agent is a name of at most {MOST_NAME} letters, digits and any of ._:/@+-, got "
                f"{asked.agent[:MOST_NAME]!r}."
            )
        name = f"{wire}:{asked.agent}" if asked.agent else wire
        offered = offer(self.environments[task.environment], task)
        session = Session(task, owner, name, offered, self.rules)
        self._live[session.id] = session
        shown = session.shown()
        self._start(session, session.seat, self._limits)
        await shown
        return session

    def get(self, id: str, owner: str) -> Session:
        """Return a session of this client. Raises `NoSession`."""
        session = self._live.get(id) or self._over.get(id)
        if session is None or session.owner != owner:
            raise NoSession(
                "No session of yours has this id: its episode may have been over for "
                f"{self.rules.idle_seconds:g} s, or it was closed."
            )
        session.touched = time.monotonic()
        return session

    async def finish(self, session: Session) -> View:
        """End the episode here, with the score that it has. Raises `Busy`.

        What was played is played again with these turns as its budget: that is the one way to end
        an episode before its environment does, and gives the score that anybody can derive again.
        """
        if session.over:
            return session.view
        if not session.seat.waiting or session.playing is None:
            raise Busy("The last action is still being carried out.")
        await self._stop(session)
        actions = iter(session.actions)

        def act(_seen: Observation, _environment: Environment, _rng: Random) -> Action:
            return next(actions)

        again = Scripted(act, name=session.seat.name)
        limits = msgspec.structs.replace(self._limits, turns=len(session.actions))
        shown = session.shown()
        self._start(session, again, limits)
        return await shown

    async def leave(self, session: Session) -> None:
        """Close a session. An episode that is not over fails, as its player's doing."""
        playing = session.playing
        while not session.over and playing is not None and not playing.done():
            if session.seat.waiting:
                turns = len(session.actions)
                session.seat.end(Left(f"The player left after {turns} turn{'s' * (turns != 1)}."))
                await asyncio.wait([playing])
            else:
                await asyncio.wait([session.shown(), playing], return_when="FIRST_COMPLETED")
        self._over.pop(session.id, None)

    @property
    def only(self) -> str:
        """The environment that is meant where none is named. Raises `NotServed`."""
        if len(self.environments) > 1:
            names = ", ".join(self.environments)
            raise NotServed(f"Name the environment; served are {names}.")
        return next(iter(self.environments))

    def _task(self, asked: Open) -> Task:
        """Return the task that is asked for. Raises `Refusal`."""
        name = asked.environment or self.only
        if name not in self.environments:
            close = nearest(name, self.environments)
            guess = f" Did you mean {close!r}?" if close else ""
            raise NotServed(f"No environment {name[:MOST_NAME]!r} is served here.{guess}")
        if asked.split not in self.rules.splits:
            served = ", ".join(self.rules.splits)
            raise Refusal(f"The split {asked.split!r} is not served here: expected {served}.")
        seed, place = asked.seed, (name, asked.level, asked.split, asked.world)
        try:
            (task,) = tasks(
                name,
                1,
                split=asked.split,
                level=asked.level,
                world=asked.world,
                start=self._seeds[place] if seed is None else seed,
            )
        except UserError as error:
            raise Refusal(str(error)) from None
        if seed is None:
            self._seeds[place] += 1
        return task

    def _start(self, session: Session, policy: Seat | Scripted, limits: Limits) -> None:
        session.ending = False
        session.playing = asyncio.create_task(self._play(session, policy, limits))
        session.playing.add_done_callback(partial(self._ended, session))

    def _ended(self, session: Session, playing: "asyncio.Task[None]") -> None:
        """Give up a session whose play broke in the server itself: it holds no place any more."""
        if not playing.cancelled() and (error := playing.exception()) is not None:
            self._live.pop(session.id, None)
            session.broke(error)

    async def _stop(self, session: Session) -> None:
        """Stop play without leaving an episode behind; the world is released."""
        assert session.playing is not None
        session.ending = True
        session.playing.cancel()
        await asyncio.wait([session.playing])

    async def _play(self, session: Session, policy: Seat | Scripted, limits: Limits) -> None:
        seen = session.view.observation
        tags = {"session": fingerprint(session.id), "wire": session.seat.name.partition(":")[0]}
        playing = partial(
            play, agent=Agent(model=policy), task=session.task, limits=limits, run=self.run
        )
        make = partial(self._make, session.task.environment)
        try:
            episode = await playing(built(make, limits), tags=tags)
        except asyncio.CancelledError as cancelled:
            current = asyncio.current_task()
            if session.ending or current is None:
                raise
            current.uncancel()  # the world cancelled the task that plays it: its failure
            failed = Failed("environment", cancelled, doing="cancelling the task that plays it")
            episode = await playing(Unbuilt(failed), tags=tags)
        if policy is not session.seat and episode.error is None and episode.final != seen:
            message = "Played again, the same actions led to something else."
            episode = _failed(episode, Failure("environment", "NotReproducible", message))
        kept = self._kept(episode)
        self._live.pop(session.id, None)
        self._over[session.id] = session
        if len(self._over) > MOST_OVER * self.rules.sessions:
            self._over.popitem(last=False)
        session.is_over(kept)

    def _kept(self, episode: Episode) -> Episode:
        """Put an episode into the journal; one that is not kept has failed, and is told so."""
        if self._writer is None:
            return episode
        try:
            self._writer.append(episode)
        except JournalError as error:
            self._complain(str(error))
            failure = Failure("host", type(error).__name__, "The server could not keep it.")
            episode = msgspec.structs.replace(
                _failed(episode, failure), turns=(), final=Observation()
            )
            with suppress(JournalError):
                self._writer.append(episode)
        return episode

    async def _sweep(self) -> None:
        """End silent sessions and forget old outcomes, for as long as the server runs."""
        idle = self.rules.idle_seconds
        while True:
            await asyncio.sleep(idle / SWEEPS)
            before = time.monotonic() - idle
            for session in self._live.values():
                if session.touched < before:
                    session.seat.end(Silent(f"The player was silent for over {idle:g} s."))
            old = [id for id, session in self._over.items() if session.touched < before]
            for id in old:
                del self._over[id]


def _failed(episode: Episode, failure: Failure) -> Episode:
    return msgspec.structs.replace(
        episode, reward=None, checks={}, stop=Stop.FAILED, error=failure, aftermath=None, true=None
    )
