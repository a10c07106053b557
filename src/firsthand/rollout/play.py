"""The one way to play (law 1): evaluation, learners, the auditor, servers and people all come through here."""

import asyncio
import time
from collections.abc import Awaitable
from typing import TypeVar

import msgspec

from firsthand.agent import Agent, Player, settled
from firsthand.environment import Environment, Observation, Score
from firsthand.episode import Episode, Failure, Stop, Turn
from firsthand.errors import Failed, InvalidScore, LimitReached, boundary
from firsthand.rollout.flags import flags
from firsthand.task import Task, fingerprint

T = TypeVar("T")

BREATH_SECONDS = 0.01
"""How long play without a pause may keep the event loop from noticing time-outs and cancellation."""


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one episode may take. A spent turn budget ends it with its score; a timeout is a failure."""

    turns: int | None = None
    """Most turns; None: what the environment declares."""
    turn_seconds: float = 120.0
    """Most wall time for the agent's answer, and again for the environment's."""
    episode_seconds: float = 1800.0
    """Most wall time for the whole episode."""
    tokens: int | None = None
    """Most sampled tokens; None: no limit."""


async def play(
    environment: Environment,
    agent: Agent,
    task: Task,
    *,
    limits: Limits = Limits(),
    run: str = "",
    tags: dict[str, str] | None = None,
) -> Episode:
    """Play one task to its end. Failures become `Episode.error` with reward None; nothing is raised.

    The environment is closed afterwards. Cancellation passes through and leaves no episode.
    """
    record = _Record(environment, agent, task)
    try:
        async with asyncio.timeout(limits.episode_seconds):
            await _loop(record, limits)
    except TimeoutError:
        record.fail(
            Failed("limits", LimitReached(f"The episode took over {limits.episode_seconds:g} s."))
        )
    except Failed as failed:
        record.fail(failed)
    finally:
        try:
            with boundary("environment"):
                await settled(environment.close())
        except Failed as failed:
            if record.error is None:
                record.fail(failed)
    return record.episode(run, tags or {})


async def _loop(record: "_Record", limits: Limits) -> None:
    environment = record.environment
    with boundary("environment"):
        record.final = await settled(environment.reset(record.task))
        record.score = await settled(environment.score())
        if record.score.value != 0.0:
            raise InvalidScore(
                f"{record.task.id} scores {record.score.value:g} at reset; a score is 0 before anything was done."
            )
    with boundary("model"):
        player = record.player = record.agent.start(environment, record.task)
    budget = limits.turns if limits.turns is not None else environment.turns
    sampled, breathed = 0, record.started
    while not record.final.done:
        if len(record.turns) >= budget or (limits.tokens is not None and sampled >= limits.tokens):
            record.stop = Stop.TURNS
            break
        shown, started = record.final, time.perf_counter()
        with boundary("model"):
            move = await _within(limits.turn_seconds, player.act(shown), "The agent")
        answered = time.perf_counter()
        with boundary("environment"):
            outcome = environment.act(move.action)
            record.final = (
                outcome
                if isinstance(outcome, Observation)
                else await _within(limits.turn_seconds, outcome, "The environment")
            )
            judged = environment.score()
            before, record.score = (
                record.score,
                judged if isinstance(judged, Score) else await judged,
            )
        ended = time.perf_counter()
        completion = move.completion
        usage = completion.usage
        sampled += usage.sampled_tokens if usage is not None else len(completion.ids)
        record.turns.append(
            Turn(
                observation=shown,
                action=move.action,
                reward=record.score.value - before.value,
                prompt_ids=completion.prompt_ids,
                ids=completion.ids,
                logprobs=completion.logprobs,
                restart=move.restart,
                choices=completion.choices,
                shown=move.shown,
                offered=move.offered,
                seconds=(round(answered - started, 6), round(ended - answered, 6)),
            )
        )
        if ended - breathed > BREATH_SECONDS:
            await asyncio.sleep(0)
            breathed = time.perf_counter()
    with boundary("environment"):
        if (meant := environment.true_score()) is not None:
            record.true = (meant if isinstance(meant, Score) else await meant).value
        record.aftermath = await settled(environment.aftermath())


class _Record:
    """What is known of an episode while it is played, so that a failure keeps the turns before it."""

    def __init__(self, environment: Environment, agent: Agent, task: Task) -> None:
        self.environment, self.agent, self.task = environment, agent, task
        self.turns: list[Turn] = []
        self.final = Observation()
        self.score: Score | None = None
        self.stop = Stop.DONE
        self.error: Failure | None = None
        self.aftermath: str | None = None
        self.true: float | None = None
        self.player: Player | None = None
        self.started = time.perf_counter()

    def fail(self, failed: Failed) -> None:
        self.stop, self.error = Stop.FAILED, Failure.of(failed)

    def episode(self, run: str, tags: dict[str, str]) -> Episode:
        agent = self.agent.id
        judged = self.score if self.error is None else None
        episode = Episode(
            id=episode_id(self.task, agent, run, tags),
            task=self.task,
            agent=agent,
            turns=tuple(self.turns),
            final=self.final,
            reward=judged.value if judged else None,
            checks=judged.checks if judged else {},
            stop=self.stop,
            error=self.error,
            aftermath=self.aftermath,
            run=run,
            tags=tags,
            seconds=round(time.perf_counter() - self.started, 6),
            true=self.true if judged else None,
            usage=self.player.usage if self.player else None,
            notes=self.player.notes if self.player else (),
        )
        found = flags(episode)
        return msgspec.structs.replace(episode, flags=found) if found else episode


def episode_id(task: Task, agent: str, run: str, tags: dict[str, str]) -> str:
    """Name an episode before it is played, so that a resumed run knows what it has."""
    return fingerprint(
        "\x1f".join((run, agent, task.id, *(f"{key}={tags[key]}" for key in sorted(tags)))),
        length=16,
    )


async def _within(seconds: float, answer: Awaitable[T], who: str) -> T:
    clock = asyncio.timeout(seconds)
    try:
        async with clock:
            return await answer
    except TimeoutError as error:
        if not clock.expired():  # the answer's own time-out, not ours
            raise
        raise LimitReached(f"{who} took over {seconds:g} s for one turn.") from error
