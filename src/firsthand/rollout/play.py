"""The one way to play (law 1): evaluation, learners, the auditor, servers and people all come
through here.
"""

import asyncio
import time
from collections.abc import Callable

import msgspec

from firsthand import returned
from firsthand.agent import Agent, Move, Player
from firsthand.environment import Action, Environment, Observation
from firsthand.episode import Episode, Failure, Stop, Turn
from firsthand.errors import Failed, InvalidScore, LimitReached, UserError, boundary
from firsthand.rollout.clock import Clock
from firsthand.rollout.flags import flags
from firsthand.rollout.watchdog import Expired, watched
from firsthand.task import Task, fingerprint

BREATH_SECONDS = 0.01
"""How long play without a pause may keep the event loop from noticing time-outs and cancellation.
"""


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one episode may take. A spent budget ends it with its score; a timeout is a failure."""

    turns: int | None = None
    """Most turns; None: what the environment declares."""
    turn_seconds: float = 120.0
    """Most wall time for the agent's answer, and for each call of the environment: reset, act,
    score, …
    """
    episode_seconds: float = 1800.0
    """Most wall time for the whole episode."""
    tokens: int | None = None
    """Most sampled tokens, checked between turns; None: no limit."""


async def play(
    environment: Environment,
    agent: Agent,
    task: Task,
    *,
    limits: Limits = Limits(),
    run: str = "",
    tags: dict[str, str] | None = None,
) -> Episode:
    """Play one task to its end. Failures become `Episode.error` with reward None; nothing is
    raised.

    That holds for environments that raise what they like, return what they like, or never return:
    see `rollout/watchdog.py` for what cannot be interrupted. The environment is closed afterwards.
    Cancellation passes through and leaves no episode. Raises `UserError` for what is no
    environment.
    """
    if not isinstance(environment, Environment):  # pyright: ignore[reportUnnecessaryIsInstance] - a class, often
        raise UserError(
            f"play() takes an instance of an Environment, got {environment!r}: call the "
            "class, or use fh.make(NAME)."
        )
    record = _Record(environment, agent, task)
    clock = Clock(record.started, limits.turn_seconds, limits.episode_seconds)
    hurry = True
    try:
        await _loop(record, clock, limits)
        hurry = False
    except Failed as failed:
        hurry = False
        record.fail(failed)
    finally:
        try:
            with boundary("environment", "calling close"):
                await clock.close(environment.close, hurry=hurry)
        except Failed as failed:
            if record.error is None:
                record.fail(failed)
    return record.episode(run, tags or {})


async def _loop(record: "_Record", clock: Clock, limits: Limits) -> None:
    environment, world = record.environment, "The environment"
    if environment.needs:
        from firsthand.sandbox import needs  # deferred: most environments need nothing

        with boundary("sandbox", "looking for what the environment needs"):
            needs.check(environment.needs)
    with boundary("environment", "calling reset"):
        record.final = returned.observation(
            await clock.call(world, environment.reset, record.task), "reset"
        )
    with boundary("environment", "calling score after reset"):
        value = record.judge(await clock.call(world, environment.score))
        if value != 0.0:
            raise InvalidScore(
                f"{record.task.id} scores {value:g} at reset; a score is 0 before anything "
                "was done."
            )
    with boundary("environment", "reading turns"):
        budget = limits.turns
        if budget is None:
            budget = returned.turns(environment.turns, type(environment).__name__)
    with boundary("model", "starting the agent"):
        start = record.agent.start
        player = record.player = await clock.call("The agent", start, environment, record.task)
    sampled, breathed = 0, record.started
    while not record.final.done:
        if len(record.turns) >= budget:
            record.stop = Stop.TURNS
            break
        if limits.tokens is not None and sampled >= limits.tokens:
            record.stop = Stop.TOKENS
            break
        started = time.perf_counter()
        with boundary("model", "answering"):
            move = await clock.call("The agent", player.act, record.final)
            done = returned.action(move.action)
        answered = time.perf_counter()
        with boundary("environment", "calling act"):
            seen = returned.observation(await clock.call(world, environment.act, done), "act")
        with boundary("environment", "calling score"):
            judged = await clock.call(world, environment.score)
            reward = record.value
            reward = record.judge(judged) - reward
        ended = time.perf_counter()
        usage = move.completion.usage
        sampled += usage.sampled_tokens if usage is not None else len(move.completion.ids)
        record.add(move, done, seen, reward, (answered - started, ended - answered))
        if ended - breathed > BREATH_SECONDS:
            await asyncio.sleep(0)
            breathed = time.perf_counter()
    await _afterwards(record, clock)


async def _afterwards(record: "_Record", clock: Clock) -> None:
    """Ask what only an episode that is over may be asked."""
    environment, world = record.environment, "The environment"
    with boundary("environment", "calling true_score"):
        meant = await clock.call(world, environment.true_score)
        record.true = None if meant is None else returned.score(meant, "true_score").value
    with boundary("environment", "calling aftermath"):
        record.aftermath = returned.aftermath(await clock.call(world, environment.aftermath))


class _Record:
    """What is known of an episode during play, so that a failure keeps the turns before it."""

    def __init__(self, environment: Environment, agent: Agent, task: Task) -> None:
        self.environment, self.agent, self.task = environment, agent, task
        self.turns: list[Turn] = []
        self.final = Observation()
        self.value = 0.0
        self.checks: dict[str, bool] = {}
        self.stop = Stop.DONE
        self.error: Failure | None = None
        self.aftermath: str | None = None
        self.true: float | None = None
        self.player: Player | None = None
        self.started = time.perf_counter()

    def judge(self, judged: object) -> float:
        """Take over a score; environments may go on changing the one that they return."""
        score = returned.score(judged)
        self.value, self.checks = score.value, score.checks
        return self.value

    def add(
        self,
        move: Move,
        action: Action,
        seen: Observation,
        reward: float,
        seconds: tuple[float, float],
    ) -> None:
        """Complete a turn: what was shown before the action, and what is shown now."""
        completion = move.completion
        self.turns.append(
            Turn(
                observation=self.final,
                action=action,
                reward=reward,
                prompt_ids=completion.prompt_ids,
                ids=completion.ids,
                logprobs=completion.logprobs,
                restart=move.restart,
                choices=completion.choices,
                shown=move.shown,
                offered=move.offered,
                near=move.near,
                seconds=(round(seconds[0], 6), round(seconds[1], 6)),
            )
        )
        self.final = seen

    def fail(self, failed: Failed) -> None:
        shown, offered = self.player.lessons if self.player else ((), ())
        error = msgspec.structs.replace(Failure.of(failed), shown=shown, offered=offered)
        self.stop, self.error = Stop.FAILED, error

    def episode(self, run: str, tags: dict[str, str]) -> Episode:
        agent, whole = self.agent.id, self.error is None
        episode = Episode(
            id=episode_id(self.task, agent, run, tags),
            task=self.task,
            agent=agent,
            turns=tuple(self.turns),
            final=self.final,
            reward=self.value if whole else None,
            checks=dict(self.checks) if whole else {},
            stop=self.stop,
            error=self.error,
            aftermath=self.aftermath,
            run=run,
            tags=tags,
            seconds=round(time.perf_counter() - self.started, 6),
            true=self.true if whole else None,
            usage=self.player.usage if self.player else None,
            notes=self.player.notes if self.player else (),
        )
        found = flags(episode)
        return msgspec.structs.replace(episode, flags=found) if found else episode


class Unbuilt(Environment):
    """Stands for an environment that could not be made: playing it fails as making it did."""

    def __init__(self, failed: Failed) -> None:
        self.failed = failed

    def reset(self, task: Task) -> Observation:
        """Fail."""
        raise self.failed


def built(make: Callable[[], Environment], limits: Limits) -> Environment:
    """Make an instance within the time of a turn. What goes wrong becomes the failure of its
    episode.
    """
    try:
        with boundary("environment", "making the environment"):
            try:
                return watched(time.perf_counter() + limits.turn_seconds, make)
            except Expired:
                seconds = limits.turn_seconds
                message = f"The environment took over {seconds:g} s to be made."
                raise LimitReached(message, seconds=seconds) from None
    except Failed as failed:
        return Unbuilt(failed)


def episode_id(task: Task, agent: str, run: str, tags: dict[str, str]) -> str:
    """Name an episode before it is played, so that a resumed run knows what it has."""
    return fingerprint(
        "\x1f".join((run, agent, task.id, *(f"{key}={tags[key]}" for key in sorted(tags)))),
        length=16,
    )
