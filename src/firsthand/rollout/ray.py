"""Episodes played in the actors of a Ray cluster: `rollout(..., executor="ray")`.

A few async actors each play many episodes at once, agent and model included. The episode is what is
repeated when an actor or its node dies: its task says all that it begins with, and its id is known
before it is played, so that a second play takes the place of a lost one and never stands beside it.
Journal, budget and order stay in the process that calls `rollout`, which counts an episode once.
Left out: starting Ray, which is the caller's to do, and restarts by Ray itself, which would hide
how often an episode was tried.
"""

import asyncio
import importlib
import math
import pickle
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Any, cast

import cloudpickle
import msgspec

import firsthand
from firsthand.agent import Agent
from firsthand.episode import Episode, redacted
from firsthand.errors import (
    Failed,
    FirsthandError,
    LimitReached,
    MissingExtra,
    SandboxError,
    UserError,
    message_of,
)
from firsthand.journal.lines import NO_JSON
from firsthand.models.address import is_here
from firsthand.registry import lookup, register
from firsthand.registry import make as make_here
from firsthand.rollout.play import Limits, Unbuilt, built, play
from firsthand.rollout.pool import Play, played, unstorable
from firsthand.task import fingerprint

AT_ONCE = 4096
"""Most episodes in one actor; more wait in it."""
AGENTS = 256
"""Agents that an actor keeps, the latest first to stay."""
LARGEST = 32 << 20
"""Most bytes of an agent: one with weights inside would be copied to every actor."""
FAILED_STARTS = 10
"""Actors in a row that may die before they are ready."""
GRACE_SECONDS = 60.0
"""How much longer than its limits an episode may take before its actor counts as hanging."""


class Ray:
    """Actors in the cluster that this process is connected to; an async context manager.

    `actors` is the most of them; None: as many as find `num_cpus` free CPUs when they are first
    needed. An episode whose actor dies is played again up to `retries` times, the last time alone,
    so that an episode that kills its actor cannot take others along for ever. One whose actor says
    nothing for longer than the limits allow is played alone at once, and fails when that is no
    better. `start_seconds` is how long the first actor may take. Raises `UserError` for what makes
    no sense.

    `rollout` opens and closes one that is not open. Open, it serves several rollouts:

        async with Ray(actors=8) as cluster:
            await rollout(agent, tasks, executor=cluster)
    """

    def __init__(
        self,
        actors: int | None = None,
        *,
        num_cpus: float = 1.0,
        retries: int = 3,
        start_seconds: float = 120.0,
    ) -> None:
        if (actors is not None and actors < 1) or num_cpus < 0 or retries < 0:
            raise UserError(
                "Expected at least 1 actor, num_cpus and retries of at least 0, got "
                f"actors={actors}, num_cpus={num_cpus:g}, retries={retries}."
            )
        self.actors, self.num_cpus, self.retries = actors, num_cpus, retries
        self.start_seconds = start_seconds
        self.lost = 0
        """Actors that died, so far."""
        self._entered = self._failed_starts = 0
        self.wanted = actors or 1
        """How many actors there are to be."""
        self._actors: list[_Actor] = []

    async def __aenter__(self) -> "Ray":
        ray = connected()
        if not self._entered:
            free = ray.available_resources().get("CPU", 0.0)
            most = int(free / self.num_cpus) if self.num_cpus else math.ceil(free)
            self.wanted = self.actors or max(1, most)
            self._failed_starts = 0
        self._entered += 1
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._entered -= 1
        if not self._entered:
            for actor in self._actors:
                actor.end()
            self._actors = []

    @property
    def pids(self) -> list[int]:
        """The processes of the actors that are ready."""
        return [actor.pid for actor in self._actors if actor.up]

    def session(self, plays: Sequence[Play], limits: Limits, run: str) -> "Session":
        """Return what plays the episodes of one rollout. Raises `UserError` for what cannot
        travel.
        """
        return Session(self, plays, limits, run)

    def start(self, *, num_cpus: float | None = None) -> "_Actor":
        """Start an actor anywhere in the cluster."""
        asked = self.num_cpus if num_cpus is None else num_cpus
        return _Actor(asked)

    async def free(self, playing: int) -> "_Actor":
        """Return the actor that plays the fewest episodes, starting some while fewer than wanted.

        Raises `SandboxError` when none can be started.
        """
        while True:
            self._sweep()
            missing = min(self.wanted, playing) - len(self._actors)
            self._actors += [self.start() for _ in range(missing)]
            ready = [actor for actor in self._actors if actor.up]
            if ready:
                return min(ready, key=lambda actor: actor.running)
            await first_ready(self._actors, self.start_seconds, self.num_cpus)

    def _sweep(self) -> None:
        """Forget actors that died. Raises `SandboxError` when starting more is no use."""
        for actor in self._actors:
            if actor.failed is not None:
                self._failed_starts += 1
                if self._failed_starts >= FAILED_STARTS or isinstance(actor.failed, FirsthandError):
                    raise SandboxError(f"No actor of Ray could start: {message_of(actor.failed)}")
            elif actor.up:
                self._failed_starts = 0
        gone = [actor for actor in self._actors if actor.dead or actor.failed is not None]
        self.lost += len(gone)
        self._actors = [actor for actor in self._actors if actor not in gone]


class Session:
    """One rollout in the actors: what plays its episodes."""

    def __init__(self, cluster: Ray, plays: Sequence[Play], limits: Limits, run: str) -> None:
        self.cluster, self.limits, self.run = cluster, limits, run
        self.playing = 0
        self._refs: dict[str, Any] = {}
        agents = {id(work.agent): work.agent for work in plays}
        _reachable(agents.values())
        self._models: dict[int, tuple[str, list[Any]]] = {}
        self._agents = {key: self._packed(agent) for key, agent in agents.items()}
        self._worlds = {
            name: self._put(_travelling(lookup(name), f"The environment {name}"))
            for name in {work.task.environment for work in plays}
        }
        self._lanes = asyncio.Semaphore(cluster.wanted)

    async def __call__(self, work: Play) -> Episode:
        """Play one episode, again where its actor dies. Raises `SandboxError` when no actor can be
        started.
        """
        self.playing += 1
        try:
            return await self._persistently(work)
        finally:
            self.playing -= 1

    async def _persistently(self, work: Play) -> Episode:
        last, alone, error = self.cluster.retries, False, FirsthandError()
        for again in range(last + 1):
            alone = alone or again == last > 0
            try:
                if alone:
                    return await self._by_itself(work)
                return await self._play(await self.cluster.free(self.playing), work)
            except _Lost as lost:
                error = SandboxError(_told(again + 1, alone, lost))
            except LimitReached as late:  # who blocks the actor is told when each plays alone
                error = late
                if alone:
                    break
                alone = True
        return await self._failed(work, error)

    async def _by_itself(self, work: Play) -> Episode:
        """Play in an actor that plays nothing else, and takes no CPU of the others."""
        async with self._lanes:
            actor = self.cluster.start(num_cpus=0)
            try:
                await first_ready([actor], self.cluster.start_seconds, 0)
                if actor.failed is not None:
                    raise _Lost(message_of(actor.failed))
                return await self._play(actor, work)
            finally:
                actor.end()

    async def _play(self, actor: "_Actor", work: Play) -> Episode:
        limits = self.limits
        seconds = limits.episode_seconds + limits.turn_seconds + GRACE_SECONDS
        parts = (self._agents[id(work.agent)], self._worlds[work.task.environment])
        model = self._models[id(work.agent.model)]
        answer = await actor.ask(
            seconds, model, *parts, (work.id, work.task, work.tags), self.limits, self.run
        )
        episode, refused = pickle.loads(answer)
        if refused:
            raise UserError(
                f"What plays {work.task.id} cannot be loaded in an actor: {refused}. Every node "
                "needs the same packages; ray.init(runtime_env=...) brings modules of your own."
            )
        return episode

    async def _failed(self, work: Play, error: FirsthandError) -> Episode:
        owner = error.owner or "sandbox"
        failed = Failed(owner, error, doing="playing in an actor of Ray")
        return await play(
            Unbuilt(failed),
            work.agent,
            work.task,
            limits=self.limits,
            run=self.run,
            tags=work.tags,
        )

    def _put(self, content: bytes) -> tuple[str, list[Any]]:
        """Store what actors need once; return its key and, in a list so that it is not sent along,
        its reference.
        """
        key = fingerprint(content.hex(), length=16)
        if key not in self._refs:
            self._refs[key] = connected().put(content)
        return key, [self._refs[key]]

    def _packed(self, agent: Agent) -> tuple[str, list[Any]]:
        """Store an agent and, once for all agents that share it, its model."""
        if id(agent.model) not in self._models:
            self._models[id(agent.model)] = self._put(
                _travelling(agent.model, f"The model {agent.model.name}")
            )
        bare = msgspec.structs.replace(agent, model=cast("Any", None))
        return self._put(_travelling(bare, "The agent"))


def _told(tries: int, alone: bool, lost: "_Lost") -> str:
    each = "The actor" if tries == 1 else f"Each of the {tries} actors"
    return f"{each} that played this episode died{', the last one alone' * alone}. {lost}"


class _Lost(Exception):
    """An actor died with an episode in it."""


class _Actor:
    """One actor, as the process that started it sees it. It belongs to no event loop."""

    def __init__(self, num_cpus: float) -> None:
        ray = self._ray = connected()
        self.num_cpus, self.running, self.dead = num_cpus, 0, False
        made = ray.remote(
            num_cpus=num_cpus,
            max_restarts=0,
            max_task_retries=0,
            max_concurrency=AT_ONCE,
            scheduling_strategy="SPREAD",
        )(Host)
        self.handle = made.remote()
        self.starting = self.handle.ready.remote(firsthand.__version__).future()

    @property
    def up(self) -> bool:
        """Whether it can play."""
        return not self.dead and self.starting.done() and self.failed is None

    @property
    def failed(self) -> BaseException | None:
        """Why it did not start, if it did not."""
        if not self.starting.done():
            return None
        if error := self.starting.exception():
            return error
        _, complaint = self.starting.result()
        return SandboxError(complaint) if complaint else None

    @property
    def pid(self) -> int:
        """Its process; only once it is up."""
        return self.starting.result()[0]

    async def ask(self, seconds: float, *request: Any) -> bytes:
        """Have it play. Raises `_Lost` when it dies, `LimitReached` when it says nothing for so
        long; it is ended then.
        """
        errors = self._ray.exceptions
        self.running += 1
        ref = self.handle.play.remote(*request)
        answer = _wrapped(ref.future())
        try:
            await asyncio.wait({answer}, timeout=seconds)
            if not answer.done():
                self.end()
                raise LimitReached(
                    f"An actor gave no answer in {seconds:g} s, and was ended.", seconds=seconds
                )
            return answer.result()
        except asyncio.CancelledError:
            with suppress(Exception):
                self._ray.cancel(ref)
            raise
        except errors.RayTaskError:
            raise
        except errors.RayError as error:
            self.end()  # it may be only out of reach: what it still plays is played elsewhere
            raise _Lost(f"{type(error).__name__}: {message_of(error)[:300]}") from None
        finally:
            self.running -= 1

    def end(self) -> None:
        """End it with all that it plays."""
        self.dead = True
        with suppress(Exception):
            self._ray.kill(self.handle)


class Host:
    """What runs in an actor: episodes, many at once on its event loop."""

    def __init__(self) -> None:
        self._models: dict[str, Any] = {}
        self._agents: dict[tuple[str, str], Agent] = {}
        self._worlds: set[str] = set()

    async def ready(self, version: str) -> tuple[int, str]:
        """Return the number of this process, and what keeps it from playing."""
        import os

        here = firsthand.__version__
        differs = f"a node has firsthand {here}, and version {version} calls it"
        return os.getpid(), "" if here == version else differs

    async def play(
        self,
        model: tuple[str, list[Any]],
        agent: tuple[str, list[Any]],
        world: tuple[str, list[Any]],
        what: tuple[str, Any, dict[str, str]],
        limits: Limits,
        run: str,
    ) -> bytes:
        """Play one episode; return `(episode, why it could not be loaded)`, pickled."""
        try:
            player = await self._load(model, agent, world)
        except Exception as error:
            return pickle.dumps((None, f"{type(error).__name__}: {message_of(error)}"))
        id, task, tags = what
        work = Play(id, player, task, tags)
        environment = built(partial(make_here, task.environment), limits)
        ending = asyncio.Event()
        playing = asyncio.create_task(played(environment, work, limits, run, ending.is_set))
        try:
            episode = await asyncio.shield(playing)
        except asyncio.CancelledError:
            ending.set()
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
            raise
        return _answer(episode)

    async def _load(
        self, model: tuple[str, list[Any]], agent: tuple[str, list[Any]], world: Any
    ) -> Agent:
        key, (ref,) = world
        if key not in self._worlds:
            found = pickle.loads(await ref)
            if ":" not in found.name:
                register(found)
            self._worlds.add(key)
        key, (ref,) = model
        if key not in self._models:
            loaded = pickle.loads(await ref)
            self._models.setdefault(key, loaded)
        both = key, agent[0]
        if both not in self._agents:
            bare = pickle.loads(await agent[1][0])
            self._agents[both] = msgspec.structs.replace(bare, model=self._models[key])
            while len(self._agents) > AGENTS:
                del self._agents[next(iter(self._agents))]
        return self._agents[both]


def connected() -> Any:
    """Return the module `ray`. Raises `MissingExtra`, and `UserError` when it is not initialised:
    where a cluster is, only its user knows.
    """
    try:
        ray = importlib.import_module("ray")
    except ModuleNotFoundError as error:
        if error.name != "ray":
            raise
        raise MissingExtra("ray", extra="ray") from None
    if not ray.is_initialized():
        raise UserError(
            "Ray is not initialised in this process. Before rollout, run ray.init(num_cpus=4) for "
            "this machine alone, or ray.init(address='auto') to join the cluster that it is in."
        )
    return ray


async def first_ready(actors: Sequence[_Actor], seconds: float, num_cpus: float) -> None:
    """Wait until one actor started, or failed to. Raises `SandboxError` when none does."""
    starting = [_wrapped(actor.starting) for actor in actors]
    done, _ = await asyncio.wait(starting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    if not done:
        ray = connected()
        free, whole = (found.get("CPU", 0.0) for found in _resources(ray))
        raise SandboxError(
            f"No actor of Ray started within {seconds:g} s. Each asks for {num_cpus:g} CPUs; of "
            f"the cluster's {whole:g}, {free:g} are free. Ask for less, e.g. "
            "executor=Ray(actors=1, num_cpus=0.5), or end what holds them."
        )


def _wrapped(future: Future[Any]) -> asyncio.Future[Any]:
    """Return what can be awaited, and is not complained about when nobody looks at its error."""
    wrapped = asyncio.wrap_future(future)
    wrapped.add_done_callback(lambda done: done.cancelled() or done.exception())
    return wrapped


def _resources(ray: Any) -> tuple[Mapping[str, float], Mapping[str, float]]:
    return ray.available_resources(), ray.cluster_resources()


def _reachable(agents: Any) -> None:
    """Refuse a model that serves this machine alone where the cluster has others."""
    nodes = {node["NodeManagerAddress"] for node in connected().nodes() if node["Alive"]}
    for agent in agents:
        url = getattr(agent.model, "url", None)
        if len(nodes) > 1 and isinstance(url, str) and is_here(url):
            raise UserError(
                f"{agent.model.name} is at {url}, which other nodes of the cluster take for "
                "themselves: use an address that every node can reach."
            )


def _travelling(what: Any, called: str) -> bytes:
    """Pickle what actors need. Raises `UserError` for what cannot travel."""
    try:
        content = cloudpickle.dumps(what)
    except Exception as error:
        raise UserError(
            f"{called} cannot be sent to Ray's actors: {message_of(error)}. A model that lives in "
            "this process has to be served, e.g. by vLLM, and used as openai:MODEL with its url."
        ) from None
    if len(content) > LARGEST:
        raise UserError(
            f"{called} takes {len(content) >> 20} MB, and every actor would get a copy: serve it, "
            "e.g. by vLLM, and use it as openai:MODEL with its url."
        )
    return content


def _answer(episode: Episode) -> bytes:
    """Pickle an episode without the keys that this process knows and its caller may not."""
    with suppress(*NO_JSON, msgspec.MsgspecError):
        episode = redacted(episode)
    try:
        return pickle.dumps((episode, ""))
    except Exception as error:
        return pickle.dumps((unstorable(episode, error), ""))
