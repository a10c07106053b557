"""`fh.check`: whether an environment keeps its contract, found out in this process in about two
seconds.

It plays a few tasks with the expert, with nonsense and with nothing, forks a world, and acts after
the end. It finds mistakes, not ways to cheat: whether a reward can be gamed is what `fh.audit`
measures.
"""

import time
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from firsthand import returned
from firsthand.agent import Agent
from firsthand.environment import Action, Environment, ToolCall, check_contract
from firsthand.episode import Episode
from firsthand.errors import Failed, InvalidEnvironment, boundary
from firsthand.models.scripted import Scripted, scripted
from firsthand.registry import lookup
from firsthand.rollout.clock import Clock
from firsthand.rollout.play import Limits, built, play
from firsthand.shell import run
from firsthand.task import Split, Task

Call = Callable[..., Awaitable[object]]
"""Calls a method of an environment within the limits."""

SEEDS = 6
"""Instances of the first level that are looked at; every other level has one."""

LIMITS = Limits(turn_seconds=30.0, episode_seconds=60.0)
"""They only stop a world that hangs; a busy machine must not make a sound one fail."""

NONSENSE = (
    Action(""),
    Action("no such move: ☃"),
    Action(calls=(ToolCall("no_such_tool", {"x": 1}),)),
    Action("{" * 1000),
)


class Checked(msgspec.Struct, frozen=True):
    """What was found. Every problem is one sentence that says what to change."""

    environment: str
    problems: tuple[str, ...]
    episodes: int
    seconds: float

    def __str__(self) -> str:
        played = f"{self.episodes} episodes in {self.seconds:.1f} s"
        if not self.problems:
            return f"{self.environment} keeps the contract of environments ({played})."
        listed = "".join(f"\n- {problem}" for problem in self.problems)
        return f"{self.environment} breaks the contract of environments ({played}):{listed}"


def check(environment: type[Environment] | str) -> Checked:
    """Check the contract of an environment: a class, wherever it is defined, or a name.

    Deterministic resets, a score that is 0 at reset and 1 when the expert is done, in half of the
    turns at most; forks that end the same; nothing changes after done; nonsense is answered and not
    paid; instances differ by seed and by split. Raises `InvalidEnvironment` with all problems.
    """
    found = inspect(environment)
    if found.problems:
        raise InvalidEnvironment(str(found))
    return found


def inspect(environment: type[Environment] | str) -> Checked:
    """Check the contract and return what was found. Raises `UnknownName`, and `UserError` for what
    is no environment.
    """
    started = time.perf_counter()
    kind = lookup(environment) if isinstance(environment, str) else environment
    if not (isinstance(kind, type) and issubclass(kind, Environment)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidEnvironment(
            f"check() takes a class derived from fh.Environment, or a name, got {environment!r}."
        )
    inspection = _Inspection(kind)
    inspection.declarations()
    if not inspection.problems:
        run(inspection.plays())
    seconds = round(time.perf_counter() - started, 3)
    name = str(getattr(kind, "name", kind.__name__))
    return Checked(name, tuple(inspection.problems), inspection.episodes, seconds)


class _Inspection:
    """One environment, and the problems found so far; the same problem is told once."""

    def __init__(self, kind: type[Environment]) -> None:
        self.kind = kind
        self.problems: list[str] = []
        self.episodes = 0

    def say(self, problem: str) -> None:
        if problem not in self.problems:
            self.problems.append(problem)

    def declarations(self) -> None:
        """Look at what the class declares."""
        kind = self.kind
        try:
            check_contract(kind)
            returned.turns(kind.turns, kind.__name__)
        except Exception as error:  # a tool without types raises what typing raises
            self.say(str(error))
        levels = kind.levels
        if type(levels) is not range or not levels or levels[0] < 1:
            self.say(f"levels must be a range that starts at 1 or more, got {levels!r}.")
        rate = kind.base_rate
        if type(rate) not in (int, float) or not 0 <= rate <= 1:
            self.say(f"base_rate must be a number in [0, 1], got {rate!r}.")
        if not isinstance(kind.version, str) or not kind.version:  # pyright: ignore[reportUnnecessaryIsInstance]
            self.say(f"version must be a text such as '1', got {kind.version!r}.")
        if not kind.summary():
            self.say("The class needs a docstring: its first line is what `firsthand envs` shows.")

    async def plays(self) -> None:
        """Play, each kind of play on few tasks; the first episode that fails ends the rest."""
        experts = [await self.expert(task) for task in self.tasks("train")]
        if any(episode.error is not None for episode in experts):
            return
        await self.determinism(experts[0])
        self.instances(experts[:SEEDS], [await self.look(task) for task in self.first("eval")])
        await self.nonsense(experts[0].task)
        await self.forks(experts[0])
        await self.after_done(experts[0])

    def first(self, split: Split) -> list[Task]:
        name, level = self.kind.name, self.kind.levels[0]
        return [Task(name, seed, 0, level, split, self.kind.version) for seed in range(SEEDS)]

    def tasks(self, split: Split) -> list[Task]:
        higher = [
            Task(self.kind.name, 0, 0, level, split, self.kind.version)
            for level in self.kind.levels[1:]
        ]
        return self.first(split) + higher

    async def play(self, agent: Agent, task: Task, turns: int | None = None) -> Episode:
        self.episodes += 1
        limits = msgspec.structs.replace(LIMITS, turns=turns)
        return await play(built(self.kind, limits), agent, task, limits=limits)

    async def look(self, task: Task) -> Episode:
        """Take one turn of nonsense, for the first observation."""
        return await self.play(_saying(NONSENSE[:1]), task, 1)

    async def expert(self, task: Task) -> Episode:
        episode = await self.play(Agent(model=scripted("expert")), task)
        where = f"at level {task.level}"
        if episode.error is not None:
            self.say(f"The expert's play {where} failed: {episode.error}")
        elif episode.reward != 1.0:
            unmet = [name for name, held in episode.checks.items() if not held]
            self.say(
                f"expert() reaches {episode.reward:g} instead of 1 {where} ({task.id}): "
                f"{', '.join(unmet)} does not hold. Solve the instance, or draw instances "
                "that can be solved."
            )
        elif len(episode.turns) > self.kind.turns / 2:
            self.say(
                f"expert() takes {len(episode.turns)} turns {where}, more than half of turns = "
                f"{self.kind.turns}: raise turns, so that a learner may err."
            )
        return episode

    async def determinism(self, first: Episode) -> None:
        again = await self.play(Agent(model=scripted("expert")), first.task)
        if _shown(again) != _shown(first) or again.reward != first.reward:
            self.say(
                "The same task played twice by the expert shows different observations: "
                "draw everything from task.rng(...), not from random, the clock, hash() or "
                "the order of a set; keep no state on the class."
            )

    def instances(self, train: Sequence[Episode], evaluated: Sequence[Episode]) -> None:
        seen = {(_shown(episode)[0], str(episode.actions)) for episode in train}
        if len(seen) == 1:
            self.say(f"{SEEDS} seeds give the same instance: draw it from task.rng('instance').")
        firsts = [_shown(episode)[0] for episode in train]
        others = [_shown(episode)[0] for episode in evaluated]
        if len(seen) > 1 and firsts == others and len(set(firsts)) > 1:
            self.say(
                "Train and eval tasks of a seed are the same instance: use task.rng(...), "
                "which knows the split, and draw until task.owns(content)."
            )

    async def nonsense(self, task: Task) -> None:
        for action in NONSENSE:
            episode = await self.play(_saying((action,)), task)
            if episode.error is not None:
                self.say(
                    f"An invalid action ({_named(action)}) ends in a failure instead of an "
                    f"answer: {episode.error}"
                )
            elif episode.reward == 1.0:
                self.say(f"An invalid action ({_named(action)}) is paid in full.")

    async def forks(self, expert: Episode) -> None:
        """A world that goes on, and two made from a snapshot of it, must end the same."""
        try:
            world = self.kind()
            call = _calling()
            with boundary("environment", "calling reset"):
                await call(world.reset, expert.task)
            with boundary("environment", "calling snapshot"):
                state = await call(world.snapshot)
            ends = [await _ending(call, world, expert.actions)]
            for _ in range(2):
                fork = self.kind()
                with boundary("environment", "calling restore"):
                    await call(fork.restore, state)
                ends.append(await _ending(call, fork, expert.actions))
                await call(fork.close)
            await call(world.close)
        except Failed as failed:
            doing = f" while {failed.doing}" if failed.doing else ""
            self.say(f"A fork of a world failed{doing}: {failed}. See snapshot() and restore().")
            return
        if any(end != ends[0] for end in ends):
            self.say(
                "Worlds restored from one snapshot end differently: snapshot() must return "
                "all state, and neither playing on nor restoring may change it."
            )

    async def after_done(self, expert: Episode) -> None:
        """Nothing may change after the end."""
        if not expert.final.done:
            return
        call = _calling()
        try:
            world = self.kind()
            with boundary("environment", "acting after done"):
                await call(world.reset, expert.task)
                before = await _ending(call, world, expert.actions)
                for action in (*NONSENSE, *expert.actions):
                    seen = returned.observation(await call(world.act, action), "act")
                    if not seen.done:
                        self.say("act() after the end returns done=False: answer with done=True.")
                    value = returned.score(await call(world.score)).value
                    if value != before[-1]:
                        self.say(
                            f"Acting after the end changes the score from {before[-1]} to {value}: "
                            "check `self.finished` first."
                        )
                        break
                await call(world.close)
        except Failed as failed:
            self.say(f"Acting after the end failed: {failed}. After done every action is absorbed.")
            return


def _calling() -> Call:
    clock = Clock(time.perf_counter(), LIMITS.turn_seconds, LIMITS.episode_seconds)

    async def call(function: Callable[..., object], *arguments: object) -> object:
        return await clock.call("The environment", function, *arguments)

    return call


async def _ending(call: Call, world: Environment, actions: Sequence[Action]) -> list[object]:
    """Play actions and return the score before them, what was shown, and the score after them."""
    with boundary("environment", "calling score"):
        seen: list[object] = [returned.score(await call(world.score)).value]
    with boundary("environment", "calling act"):
        for action in actions:
            seen.append(returned.observation(await call(world.act, action), "act"))
    with boundary("environment", "calling score"):
        return [*seen, returned.score(await call(world.score)).value]


def _saying(actions: Sequence[Action]) -> Agent:
    """Return an agent that says the same again and again."""
    return Agent(
        model=Scripted(lambda _observation, _environment, _rng: actions[0], name="nonsense")
    )


def _shown(episode: Episode) -> list[str]:
    return [turn.observation.full for turn in episode.turns] + [episode.final.full]


def _named(action: Action) -> str:
    if action.calls:
        return f"a call of {action.calls[0].name}"
    return repr(action.text[:20]) if action.text else "an empty text"
