"""Play many episodes at once: a fixed number of workers on one event loop, pulling from one list.

Every episode has its id before it is played, so that a run can go on where it stopped. What fails
is kept as an episode; retries are left out, because an episode that failed is a fact about the run.
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast

import msgspec

from firsthand.agent import Agent
from firsthand.environment import Environment, Observation
from firsthand.episode import Episode, Failure, Stop, Turn
from firsthand.errors import (
    BudgetSpent,
    Failed,
    ModelUnavailable,
    Owner,
    UnknownName,
    Unstorable,
    UserError,
    message_of,
)
from firsthand.journal.lines import NO_JSON
from firsthand.journal.segments import Writer
from firsthand.prompt import Reachable
from firsthand.registry import check_version
from firsthand.registry import make as make_here
from firsthand.rollout.admission import Admission, Silence
from firsthand.rollout.garbage import rare_collections
from firsthand.rollout.play import BREATH_SECONDS, Limits, Unbuilt, built, episode_id, play
from firsthand.task import Task
from firsthand.usage import Meter

if TYPE_CHECKING:
    from firsthand.journal import Journal
    from firsthand.rollout.ray import Ray

T = TypeVar("T")

EXECUTORS = ("local", "processes", "ray")


class Play(msgspec.Struct, frozen=True):
    """One episode that is to be played."""

    id: str
    agent: Agent
    task: Task
    tags: dict[str, str]


Player = Callable[[Play], Awaitable[Episode]]


async def rollout(
    agent: Agent | Sequence[Agent],
    tasks: Sequence[Task],
    *,
    limits: Limits = Limits(),
    concurrency: int = 64,
    journal: "Journal | None" = None,
    run: str = "",
    tags: Mapping[str, str] | Sequence[Mapping[str, str]] | None = None,
    resume: bool = False,
    processes: int = 0,
    executor: "str | Ray | None" = None,
    progress: Callable[[Episode], None] | None = None,
    meter: Meter | None = None,
) -> list[Episode]:
    """Play every task and return the episodes in the order of the tasks.

    One agent and one set of tags serve all tasks, or there is one for each. An episode that fails
    comes back with its error. Repeats, within a call or of what the journal's run already holds,
    get a tag `repeat`, so that no two episodes share an id; with `resume` what the run holds is
    returned instead of played. `processes` keeps that many worker processes for the environments;
    models stay here. `executor` is `local`, `processes` (one for every core), or `ray`: whole
    episodes are played in the cluster that this process is connected to; `rollout.ray.Ray` has its
    settings. Cancellation leaves every finished episode in the journal. `meter` counts what the
    episodes take; when its budget does not cover another one, those in flight finish and
    `BudgetSpent` is raised. `ModelUnavailable` is raised when the model gives no first answer in
    ten episodes in a row; both carry the episodes that were played. Raises `UserError` before
    anything is played.
    """
    _check(tasks, journal, run, resume=resume, concurrency=concurrency, processes=processes)
    processes, away = _executor(executor, processes)
    held = journal.ids(run) if journal is not None else set[str]()
    agents, own_tags = _each("agents", agent, tasks), _each("tags", tags or {}, tasks)
    plays = list(_plan(agents, tasks, own_tags, run, set() if resume else held))
    found = _held(journal, run, {work.id for work in plays} & held) if resume else {}
    missing = [work for work in plays if work.id not in found]
    await _probe(missing)
    admission, ending = Admission(meter), asyncio.Event()
    if missing:
        async with AsyncExitStack() as stack:
            if away is not None:
                await stack.enter_async_context(away)
                player: Player = away.session(missing, limits, run)
            else:
                make = await _spread(stack, processes, missing) if processes else make_here
                player = _here(make, limits, run, _stopping(ending))
            writer = stack.enter_context(journal.writer()) if journal is not None else None
            stack.enter_context(rare_collections())
            one = _one(player, writer, found, admission, progress)
            try:
                await _share(missing, one, concurrency, ending)
            except ModelUnavailable as stopped:
                stopped.episodes = _in_order(plays, found)
                raise
    played = _in_order(plays, found)
    if admission.refused is not None:
        raise BudgetSpent(
            f"{len(played)} of {len(plays)} episodes were played: {admission.refused}, "
            "and the budget does not cover another one.",
            played,
        )
    return played


def _one(
    player: Player,
    writer: Writer | None,
    found: dict[str, Episode],
    admission: Admission,
    progress: Callable[[Episode], None] | None,
) -> Callable[[Play], Awaitable[None]]:
    """Return what plays one episode, keeps it, puts it among the `found` and tells of it."""
    silence = Silence()

    async def one(work: Play) -> None:
        if not await admission.enter():
            return
        episode = await player(work)
        if writer is not None:
            episode = _stored(writer, episode)
        found[work.id] = episode
        await admission.leave(episode)
        if progress is not None:
            progress(episode)
        silence.hear(episode)

    return one


def _in_order(plays: Sequence[Play], found: Mapping[str, Episode]) -> list[Episode]:
    """Return the episodes that there are, in the order of their plays."""
    return [found[work.id] for work in plays if work.id in found]


def _check(
    tasks: Sequence[Task],
    journal: "Journal | None",
    run: str,
    *,
    resume: bool,
    concurrency: int,
    processes: int,
) -> None:
    """Refuse what makes no sense before anything is played. Raises `UserError`."""
    if resume and (journal is None or not run):
        raise UserError(
            "Resuming needs a journal and the name of a run: rollout(..., journal=..., "
            "run='first', resume=True)."
        )
    if concurrency < 1 or processes < 0:
        raise UserError(
            "Expected concurrency of at least 1 and processes of at least 0, got "
            f"{concurrency} and {processes}."
        )
    for task in {(task.environment, task.version): task for task in tasks}.values():
        check_version(task)


def _executor(named: "str | Ray | None", processes: int) -> tuple[int, "Ray | None"]:
    """Return how many processes, or which cluster, play. Raises `UserError`."""
    if named is None or (named == "processes" and processes):
        return processes, None
    if processes:
        raise UserError(
            f"processes={processes} goes with executor='processes', got {named!r}: leave one out."
        )
    if named == "local":
        return 0, None
    if named == "processes":
        return os.cpu_count() or 1, None
    if isinstance(named, str) and named != "ray":
        raise UnknownName("executor", named, EXECUTORS, hint=f"There are: {', '.join(EXECUTORS)}.")
    from firsthand.rollout.ray import Ray, connected  # deferred: most rollouts stay here

    connected()
    return 0, Ray() if isinstance(named, str) else named


def _held(journal: "Journal | None", run: str, wanted: set[str]) -> dict[str, Episode]:
    """Read the wanted episodes of a run by id."""
    if journal is None or not wanted:
        return {}
    return {episode.id: episode for episode in journal.episodes(run=run) if episode.id in wanted}


def _stopping(ending: asyncio.Event) -> Callable[[], bool]:
    """Return what says whether the rollout ends, or whoever awaits it was cancelled since now."""
    caller = asyncio.current_task()
    before = caller.cancelling() if caller is not None else 0
    return lambda: ending.is_set() or (caller is not None and caller.cancelling() > before)


async def _probe(plays: Sequence[Play]) -> None:
    """Ask every model once whether it is there. Raises `UserError`."""
    for model in {id(work.agent.model): work.agent.model for work in plays}.values():
        if isinstance(model, Reachable):
            await model.probe()


def _plan(
    agents: Sequence[Agent],
    tasks: Sequence[Task],
    tags: Sequence[Mapping[str, str]],
    run: str,
    taken: set[str],
) -> Iterator[Play]:
    """Name every episode; one whose name is taken becomes the next repeat."""
    taken, repeats = set(taken), Counter[str]()
    for agent, task, given in zip(agents, tasks, tags, strict=True):
        own = dict(given)
        first = id = episode_id(task, agent.id, run, own)
        while id in taken:
            repeats[first] += 1
            own = {**given, "repeat": str(repeats[first])}
            id = episode_id(task, agent.id, run, own)
        taken.add(id)
        yield Play(id, agent, task, own)


def _each(what: str, given: T | Sequence[T], tasks: Sequence[Task]) -> Sequence[T]:
    """Give every task its own of what was given for all, or for each."""
    if not isinstance(given, Sequence):
        return [given] * len(tasks)
    own = cast("Sequence[T]", given)
    if len(own) != len(tasks):
        raise UserError(
            f"Got {len(own)} {what} for {len(tasks)} tasks: give one for all of them, or "
            "one for each."
        )
    return own


def _here(
    make: Callable[[str], Environment], limits: Limits, run: str, stopping: Callable[[], bool]
) -> "Player":
    """Return what plays in this process."""

    async def player(work: Play) -> Episode:
        environment = built(partial(make, work.task.environment), limits)
        return await played(environment, work, limits, run, stopping)

    return player


async def played(
    environment: Environment, work: Play, limits: Limits, run: str, stopping: Callable[[], bool]
) -> Episode:
    """Play; a cancellation that nobody asked for is the failure of the environment that sent it."""
    playing = partial(play, agent=work.agent, task=work.task, limits=limits, run=run)
    try:
        return await playing(environment, tags=work.tags)
    except asyncio.CancelledError as cancelled:
        task = asyncio.current_task()
        if stopping() or task is None:
            raise
        task.uncancel()
        failed = Failed("environment", cancelled, doing="cancelling the task that plays it")
        return await playing(Unbuilt(failed), tags=work.tags)


def _stored(writer: Writer, episode: Episode) -> Episode:
    """Append the episode. One that no journal can hold becomes its maker's failure."""
    try:
        writer.append(episode)
    except Unstorable as error:
        episode = unstorable(episode, error)
        writer.append(episode)
    return episode


def unstorable(episode: Episode, error: Exception) -> Episode:
    """Return the failure that takes the place of an episode which cannot be kept."""
    failure = Failure(_culprit(episode), "Unstorable", message_of(error), "storing the episode")
    return msgspec.structs.replace(
        episode,
        turns=(),
        final=Observation(),
        reward=None,
        checks={},
        stop=Stop.FAILED,
        error=failure,
        aftermath=None,
        true=None,
        flags=(),
    )


def _culprit(episode: Episode) -> Owner:
    """Say whether what the model did can be stored; if so, it is what the environment did that
    cannot.
    """
    for turn in episode.turns:
        bare = msgspec.structs.replace(turn, observation=Observation(), reward=0.0)
        try:
            if msgspec.json.decode(msgspec.json.encode(bare), type=Turn) != bare:
                return "model"
        except (*NO_JSON, msgspec.MsgspecError):
            return "model"
    return "environment"


async def _spread(
    stack: AsyncExitStack, processes: int, plays: Sequence[Play]
) -> Callable[[str], Environment]:
    from firsthand.rollout.executors import Processes  # deferred: loads multiprocessing

    workers = await stack.enter_async_context(Processes(processes))
    for name in {work.task.environment for work in plays}:
        workers.make(name)  # a class that cannot travel is told before anything is played
    return workers.make


async def _share(
    plays: Sequence[Play],
    one: Callable[[Play], Awaitable[None]],
    concurrency: int,
    ending: asyncio.Event,
) -> None:
    """Have `concurrency` workers pull from one iterator; the first error or a cancellation stops
    them all.
    """
    waiting = iter(plays)

    async def work() -> None:
        breathed = time.perf_counter()
        for next_play in waiting:
            await one(next_play)
            if time.perf_counter() - breathed > BREATH_SECONDS:
                await asyncio.sleep(0)
                breathed = time.perf_counter()

    workers = [asyncio.create_task(work()) for _ in range(min(concurrency, len(plays)))]
    try:
        await asyncio.gather(*workers)
    finally:
        ending.set()
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
