"""A firsthand environment, played through `play` like everyone plays it (law 1).

An action is a text, or, for calls of tools, JSON: `{"calls":[{"name":…,"arguments":{…}}]}`. The
seed of an instance is the task's seed; level and split are the target's. After a few true resets of
a task, later plays begin from a snapshot of the first: law 7 makes them equal, and `determinism`
has seen the true ones.
"""

import asyncio
import hashlib
from collections import OrderedDict
from typing import Any, cast

import msgspec

from firsthand.actions import decoded, encoded
from firsthand.agent import Agent, settled
from firsthand.audit.environment_hash import environment_sha256
from firsthand.audit.targets.named_file import file_sha256
from firsthand.audit.targets.protocol import Facts, Fault, Instance, Play, Spec, Trace
from firsthand.environment import Action, Environment, Observation, check_contract, tools_of
from firsthand.episode import Episode
from firsthand.models.scripted import Expert
from firsthand.prompt import Act
from firsthand.registry import lookup
from firsthand.rollout.play import Limits
from firsthand.rollout.play import play as played
from firsthand.sandbox import needs
from firsthand.task import SPLITS, Split, Task

OTHER_WORLD = 2**40
"""`seed + OTHER_WORLD` is the same seed in another world, where there are worlds."""
TRUE_RESETS = 3
KEPT = 1024
"""Tasks whose state at reset is kept."""


class _Planned:
    """The policy that does the given actions; it pauses before each, so that plays interleave."""

    name = "scripted:planned"

    def __init__(self, actions: tuple[str, ...]) -> None:
        self.actions = actions

    def start(self, environment: Environment, task: Task) -> Act:
        """Begin with the first action."""
        actions = iter(self.actions)

        async def act(_observation: Observation) -> Action:
            await asyncio.sleep(0)
            return decoded(next(actions))

        return act

    async def close(self) -> None:
        """Nothing is held."""


class Native:
    """An environment at one level, in one split."""

    def __init__(self, spec: Spec, environment: type[Environment] | None = None) -> None:
        self.environment = environment or lookup(spec.name)
        check_contract(self.environment)
        if spec.sabotage:
            from firsthand.audit.sabotage import sabotaged

            self.environment = sabotaged(self.environment, spec.sabotage)
        self.spec = spec
        self.kept: OrderedDict[Task, tuple[Any, Observation]] = OrderedDict()
        self.resets: dict[Task, int] = {}
        self.held = self._held()

    def _held(self) -> type[Environment]:
        """Return the environment with two differences.

        Reset may start from a kept state, and close waits.
        """
        owner, base = self, self.environment

        class Held(base):
            async def reset(self, task: Task) -> Observation:  # pyright: ignore[reportIncompatibleMethodOverride]
                if task in owner.kept:
                    state, observation = owner.kept[task]
                    self.restore(state)
                    return observation
                observation = await settled(base.reset(self, task))
                owner.resets[task] = owner.resets.get(task, 0) + 1
                if owner.resets[task] > TRUE_RESETS:
                    owner.kept[task] = (self.snapshot(), observation)
                    if len(owner.kept) > KEPT:
                        owner.kept.popitem(last=False)
                return observation

            def close(self) -> None:
                return None

        return Held

    def task(self, seed: int) -> Task:
        """Return the task behind a seed."""
        further, seed = divmod(seed, OTHER_WORLD)
        world = (seed + further) % 2 if self.environment.laws else 0
        return Task(
            self.environment.name,
            seed,
            world,
            self.spec.level,
            cast("Split", self.spec.split),
            self.environment.version,
        )

    def facts(self) -> Facts:
        """Describe the environment."""
        environment = self.environment
        return Facts(
            "episode",
            environment.name,
            self._sha256(),
            version=environment.version,
            base_rate=environment.base_rate,
            turns=environment.turns,
            grammar=tuple(_template(tool) for tool in tools_of(environment).values()),
            levels=tuple(environment.levels),
            splits=SPLITS,
            proven=True,
            costly=needs.costly(environment.needs),
        )

    def _sha256(self) -> str:
        """Hash the source of the class and its bases, and environment.py and task.py."""
        if self.spec.source == "file":
            return file_sha256(self.spec)[1]
        return environment_sha256(self.environment)

    async def instance(self, seed: int, *, oracle: bool = True) -> Instance:
        """Begin a task, and let the expert play it."""
        task, environment = self.task(seed), self.environment()
        shown = await settled(environment.reset(task))
        moves = await settled(cast("Any", environment.choices()))
        contents = _contents(environment)
        await settled(environment.close())
        if not oracle:
            return Instance(seed, shown.full, contents, moves=tuple(moves or ()))
        episode = await played(self.held(), Agent(model=Expert()), task)
        fault = f"{episode.error.type}: {episode.error.message}" if episode.error else ""
        plan = tuple(encoded(action) for action in episode.actions)
        return Instance(seed, shown.full, contents, plan, fault, tuple(moves or ()))

    async def play(self, play: Play) -> Trace:
        """Play, and go on after done where that is asked for."""
        task, environment = self.task(play.seed), self.held()
        episode = await played(
            environment,
            Agent(model=_Planned(play.actions)),
            task,
            limits=Limits(turns=len(play.actions)),
        )
        trace = _trace(episode)
        if play.beyond and episode.final.done and trace.fault is None:
            trace = await self._beyond(environment, play.actions[len(episode.turns) :], trace)
        await settled(self.environment.close(environment))
        return trace

    async def _beyond(
        self, environment: Environment, actions: tuple[str, ...], trace: Trace
    ) -> Trace:
        observations, ended = list(trace.observations), trace.value or 0.0
        late = 0.0
        for action in actions:
            try:
                shown = await settled(environment.act(decoded(action)))
                score = await settled(environment.score())
            except Exception as error:
                return msgspec.structs.replace(
                    trace, fault=Fault("late", f"{type(error).__name__}: {error}"[:300])
                )
            observations.append(shown.full)
            late = max(late, score.value - ended)
        return msgspec.structs.replace(trace, observations=tuple(observations), late=late)

    async def moves(self, play: Play) -> list[str]:
        """Tell the legal choices after a play, or the tools' templates."""
        environment = self.held()
        await settled(environment.reset(self.task(play.seed)))
        for action in play.actions:
            if (await settled(environment.act(decoded(action)))).done:
                break
        choices = await settled(cast("Any", environment.choices()))
        await settled(self.environment.close(environment))
        return (
            list(choices)
            if choices
            else [_template(tool) for tool in tools_of(self.environment).values()]
        )


def _trace(episode: Episode) -> Trace:
    observations = (*(turn.observation.full for turn in episode.turns), episode.final.full)
    rewards = tuple(turn.reward for turn in episode.turns)
    if episode.error is not None:
        return Trace(
            observations,
            rewards,
            fault=Fault(
                "raised",
                f"{episode.error.owner}: {episode.error.type}: {episode.error.message}"[:300],
            ),
        )
    return Trace(observations, rewards, episode.reward, episode.final.done)


def _contents(environment: Environment) -> str:
    """Hash what the world holds at reset: it tells instances apart that look alike."""
    return hashlib.blake2b(_stable(vars(environment)).encode(), digest_size=12).hexdigest()


def _stable(value: Any) -> str:
    """Write a value without regard to set order, hash seed or addresses."""
    if isinstance(value, dict):
        return (
            "{"
            + ",".join(
                sorted(
                    f"{_stable(key)}:{_stable(item)}"
                    for key, item in cast("dict[Any, Any]", value).items()
                )
            )
            + "}"
        )
    if isinstance(value, (set, frozenset)):
        return "<" + ",".join(sorted(_stable(item) for item in cast("set[Any]", value))) + ">"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(_stable(item) for item in cast("list[Any]", value)) + "]"
    if isinstance(value, msgspec.Struct):
        return type(value).__name__ + _stable(
            {name: getattr(value, name) for name in value.__struct_fields__}
        )
    return type(value).__name__ if " at 0x" in (shown := repr(value)) else shown


def _template(tool: Any) -> str:
    """Write a call of a tool with places for its arguments.

    `<int>` for numbers, `<text>` for strings.
    """
    places: list[str] = []
    for name, schema in cast(
        "dict[str, dict[str, Any]]", tool.parameters.get("properties", {})
    ).items():
        kind = schema.get("type")
        place = (
            "<int>"
            if kind in ("integer", "number")
            else '"<text>"'
            if kind == "string"
            else "true"
            if kind == "boolean"
            else "[]"
        )
        places.append(f'"{name}":{place}')
    return f'{{"calls":[{{"name":"{tool.name}","arguments":{{{",".join(places)}}}}}]}}'
