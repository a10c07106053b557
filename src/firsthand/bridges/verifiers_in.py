"""Tasksets of verifiers (0.4) as playable environments: `adopt("my_taskset")`.

A task of ours is one row of the taskset, each action is one reply, and the score is the reward of
their own rubric, over the reward that counts as solved. Where a package brings an `Env`, that is
the user of the conversation; without one there is one reply. The expert gives the row's own answer,
where the taskset names one and its rubric pays it in full.

It is played as with their `null` harness, as a chat. So what cannot be replayed from a chat is
refused when it is adopted, with the reason: boxes, tools of MCP servers, models as judges,
harnesses, several agents. What is not promised is warned of once, with `PartialContract`, and kept
in the class's `unknown`. A fork replays the replies. Splits share no row. Left out: predicates that
stop or rewrite requests to a model (`@vf.stop`, `@vf.intercept`), of which there are none here.
"""

import inspect
import itertools
import json
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, ClassVar, cast

from firsthand.bridges.adopted import adopted
from firsthand.bridges.partial_contract import PartialContract
from firsthand.bridges.stepping import waited
from firsthand.bridges.verifiers_seat import Conversation, library
from firsthand.environment import Action, Environment, Observation, Score
from firsthand.errors import FirsthandError, InvalidTask, UserError
from firsthand.registry import register
from firsthand.sourced import written
from firsthand.task import Task

ROWS = 1000
"""Rows that are read of a taskset: some have no end."""

COMPARED = 8
"""Rows that adoption reads twice, since tasks rest on their being the same."""

ANSWERED = 3
"""Rows whose answer adoption gives, to see whether it is paid in full."""

ANSWER = "answer"
"""The column in which a taskset names its answers, unless it is told."""

FORMS = ("{}", "\\boxed{{{}}}")
"""How an answer is written: as it is, or as rubrics for mathematics want it."""

Moves = Callable[["Conversed"], Iterator[str]]
"""From the environment, whose `row` is the data of its row and whose `seen` is what was said last,
to the replies of somebody who plays it well.
"""


class Conversed(Environment):
    """A row of a taskset of verifiers, one reply a turn; made by `adopt`."""

    id: ClassVar[str]
    """The taskset's module."""
    settings: ClassVar[str]
    """The taskset's configuration, as JSON."""
    solved_at: ClassVar[float]
    """The reward of an episode that counts as solved."""
    well: ClassVar[Moves | None] = None
    unknown: ClassVar[tuple[str, ...]] = ()
    """What of our contract is not promised, as it was told at adoption."""
    levels = range(1, 2)
    statement = "Your whole message is taken as the reply."

    def __init__(self) -> None:
        self.index, self.replies, self.seen = 0, cast("list[str]", []), ""
        self.reward, self.finished, self.conversation = (
            0.0,
            False,
            cast("Conversation | None", None),
        )

    @property
    def row(self) -> Any:
        """The data of the row."""
        return rows(self.id, self.settings)[self.index].data

    async def reset(self, task: Task) -> Observation:
        """Take the rows of the task's split, one after the other, and begin the conversation."""
        found = rows(self.id, self.settings)
        owned = [index for index, one in enumerate(found) if task.owns(_content(one))]
        if not owned:
            raise InvalidTask(
                f"None of the {len(found)} rows of {self.id} belongs to split {task.split}."
            )
        self.index = owned[task.seed % len(owned)]
        self.replies, self.reward, self.finished = [], 0.0, False
        self.seen = await self._begin()
        return Observation(self.seen)

    async def act(self, action: Action) -> Observation:
        """Give one reply."""
        if self.finished:
            return Observation("The conversation is over.", done=True)
        if self.conversation is None:
            await self._catch_up()
        assert self.conversation is not None
        said = await self.conversation.advance(action.text)
        self.replies.append(action.text)
        if said is not None:
            self.seen = said
            return Observation(said)
        self.reward = self.conversation.reward
        self.finish()
        return Observation("The conversation is over.", done=True)

    def score(self) -> Score:
        """The reward of the conversation that is over, over what counts as solved."""
        value = min(max(self.reward / self.solved_at, 0.0), 1.0)
        return Score.potential(value, solved=value == 1.0)

    def expert(self) -> Iterator[Action]:
        """Give the answer of the row, or play as `expert=` does. Raises `UserError` for neither."""
        if type(self).well is None:
            raise UserError(f"{self.name} has no known expert: adopt it with expert=FUNCTION.")
        for reply in cast("Moves", type(self).well)(self):
            yield Action(reply)

    def snapshot(self) -> Any:
        """Return what a replay needs: the row, and the replies."""
        state = {name: value for name, value in vars(self).items() if name != "conversation"}
        return {**state, "replies": list(self.replies)}

    def restore(self, state: Any) -> None:
        """Go to a state that `snapshot` returned; the conversation follows with the next reply."""
        vars(self).update({**state, "replies": list(state["replies"]), "conversation": None})

    async def close(self) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Give up a conversation that is not over."""
        if self.conversation is not None:
            await self.conversation.close()

    async def _begin(self) -> str:
        if self.conversation is not None:
            await self.conversation.close()
        task = rows(self.id, self.settings)[self.index]
        self.conversation = Conversation(loaded(self.id, self.settings), task, most=self.turns)
        said = await self.conversation.advance()
        if said is None:
            _ = self.conversation.trace  # says what failed
            raise FirsthandError(f"{self.id} ended a conversation before the first reply.")
        return said

    async def _catch_up(self) -> None:
        """Give the same replies again. Raises `FirsthandError` when they lead elsewhere."""
        said: str | None = await self._begin()
        assert self.conversation is not None
        for reply in self.replies:
            said = await self.conversation.advance(reply)
        if said != self.seen:
            raise FirsthandError(
                f"{self.id} cannot be forked: the same {len(self.replies)} replies led elsewhere."
            )


def adopt(
    id: str,
    *,
    name: str | None = None,
    solved_at: float | None = None,
    turns: int | None = None,
    answer: str = ANSWER,
    expert: Moves | None = None,
    config: Mapping[str, Any] | None = None,
) -> type[Conversed]:
    """Register a taskset as an environment of this process, and return its class.

    `id` is its module, as for `--env.taskset.id`; unless `name` says otherwise, it has the name of
    `verifiers:ID?turns=...`, which any process looks up. `answer` is the column of the expert's
    answers, `config` the taskset's own configuration. Raises `MissingExtra`, and `UserError` for
    what is refused or has to be told.
    """
    library()
    settings = json.dumps(config or {}, sort_keys=True)
    told = {"solved_at": solved_at, "turns": turns, "config": config or None}
    name = name or written("verifiers", id, told | ({"answer": answer} if answer != ANSWER else {}))
    env, found = _read(id, settings)
    if reason := _refusal(env, found[0]):
        raise UserError(f"{id} cannot be played as a chat: {reason}.")
    _refuse_unsteady(id, settings, found)
    single = _single(env)
    if turns is None and not single:
        raise UserError(
            f"{id} is a conversation, and does not say how long: adopt it with turns=NUMBER, the "
            "most replies."
        )
    world = adopted(
        Conversed,
        id,
        f"{id}, a taskset of verifiers.",
        name=name,
        turns=turns or 2,
        id=id,
        settings=settings,
    )
    names, paid = _tried(world, "")
    known = _weights(found[0]) if single else {}
    if solved_at is None and not (known and names <= set(known)):
        raise UserError(
            f"{id} does not say when it is solved: adopt it with solved_at=REWARD, the least that "
            "counts."
        )
    world.solved_at = sum(known.values()) if solved_at is None else float(solved_at)
    if not world.solved_at > max(paid, 0.0):
        raise UserError(f"{id} pays {paid:g} for an empty reply, which would count as solved.")
    form = _form(world, answer) if single and expert is None else ""
    well = Answering(answer, form) if form else expert
    world.well = staticmethod(well) if well else None
    world.unknown = unknown = tuple(_unknown(world, paid=bool(form) or solved_at is not None))
    if unknown:
        warnings.warn(f"{world.name}: {' '.join(unknown)}", PartialContract, stacklevel=2)
    return cast("type[Conversed]", register(world))


@lru_cache(maxsize=16)
def rows(id: str, settings: str) -> tuple[Any, ...]:
    """Return the first tasks of a taskset."""
    return tuple(itertools.islice(loaded(id, settings).taskset, ROWS))


def loaded(id: str, settings: str) -> Any:
    """Return the environment of a taskset, all of whose agents are of the `null` harness."""
    vf = library()
    env: dict[str, Any] = {"taskset": {**json.loads(settings), "id": id}}
    seats = library("configs.agent").agent_config_fields(vf.resolve_env_config(env))
    return vf.load_environment(
        vf.resolve_env_config({**env, **{seat: {"harness": {"id": "null"}} for seat in seats}})
    )


def _read(id: str, settings: str) -> tuple[Any, tuple[Any, ...]]:
    """Return a taskset's environment and its rows. Raises `UserError` where it does not load."""
    try:
        env, found = loaded(id, settings), rows(id, settings)
    except Exception as error:  # whatever a module raises when it is imported or reads its data
        needs = type(error).__name__ == "ValidationError"  # of its configuration, by pydantic
        hint = "\nIts own configuration is told with config={...}." if needs else ""
        raise UserError(f"{id} does not load as a taskset of verifiers: {error}{hint}") from error
    if not found:
        raise UserError(f"{id} has no rows.")
    return env, found


def _refusal(env: Any, task: Any) -> str:
    """Say why a taskset cannot be played as a chat; empty: it can."""
    vf, taskset = library(), env.taskset
    seats = library("configs.agent").agent_config_fields(env.config)
    hooks = [*task.hooks("reward"), *task.hooks("metric")]
    prepared = [getattr(task, hook) for hook in ("setup", "finalize") if _own(vf, task, hook)]
    boxed = [hook.__name__ for hook in (*hooks, *prepared) if _wants_runtime(hook)]
    data = task.data
    found = {
        "it brings a harness, a program that runs in a box": _brings_harness(taskset.config.id),
        f"it has several agents, {', '.join(seats)}": len(seats) > 1,
        "it needs a box": task.NEEDS_CONTAINER or _own(vf, task, "runtime_env"),
        "its rows need a box": any(
            (data.image, data.workdir, data.agent_user, data.skills, data.artifacts)
        ),
        f"{', '.join(boxed)} read a box": bool(boxed),
        "it offers tools of MCP servers": bool(
            taskset.toolsets(taskset.config) or task.toolsets(task.config)
        ),
        "a model judges it": _judged(vf, task),
        "it stops or rewrites requests to a model": bool(
            task.hooks("stop") or library("utils.decorators").discover_decorated(task, "intercept")
        ),
        "it starts something of its own beside the episodes": (
            type(env).start is not vf.Env.start or type(env).stop is not vf.Env.stop
        ),
        "it pays no reward": _single(env) and not task.hooks("reward"),
    }
    return next((reason for reason, holds in found.items() if holds), "")


def _single(env: Any) -> bool:
    """Say whether there is one reply: whether the package brings no `Env` of its own."""
    return type(env) is library("envs.single_agent.env").SingleAgentEnv


def _own(vf: Any, task: Any, method: str) -> bool:
    return getattr(cast("Any", type(task)), method) is not getattr(vf.Task, method)


def _wants_runtime(hook: Any) -> bool:
    parameter = inspect.signature(hook).parameters.get("runtime")
    return parameter is not None and parameter.default is inspect.Parameter.empty


def _brings_harness(id: str) -> bool:
    return library("utils.loaders").default_harness_id(id) == id


def _judged(vf: Any, task: Any) -> bool:
    """Say whether a judge is plugged in, configured, or defined where the task is."""
    settings = [value for _, value in task.config]
    if task.config.judges or any(isinstance(value, vf.JudgeConfig) for value in settings):
        return True
    defined = vars(sys.modules[type(task).__module__]).values()
    return any(isinstance(one, type) and issubclass(one, vf.Judge) for one in defined)


def _refuse_unsteady(id: str, settings: str, found: tuple[Any, ...]) -> None:
    again = itertools.islice(loaded(id, settings).taskset, COMPARED)
    for one, other in zip(found, again, strict=False):
        if one.data != other.data:
            raise UserError(f"{id} loads other rows each time, so no task could be rebuilt.")


def _weights(task: Any) -> dict[str, float]:
    """Return what each reward that raises the sum is multiplied with."""
    weights = {hook.__name__: float(hook._vf_weight) for hook in task.hooks("reward")}
    return {name: max(weight, 0.0) for name, weight in weights.items()}


def _tried(world: type[Conversed], reply: str, index: int = 0) -> tuple[set[str], float]:
    """Play a row with one reply, again and again; return which rewards there are, and their sum.

    Raises `UserError` where that fails.
    """

    async def played() -> tuple[set[str], float]:
        env = loaded(world.id, world.settings)
        conversation = Conversation(env, rows(world.id, world.settings)[index], most=world.turns)
        try:
            said = await conversation.advance()
            while said is not None:
                said = await conversation.advance(reply)
            return set(conversation.trace.rewards), conversation.reward
        finally:
            await conversation.close()

    try:
        return waited(played())
    except FirsthandError as error:
        raise UserError(f"{world.id} cannot be played as a chat. {error}") from error


def _unknown(world: type[Conversed], *, paid: bool) -> Iterator[str]:
    """Say what of our contract is not promised. `paid`: what counts as solved was told, or seen."""
    if world.well is None:
        yield "It has no expert, so nobody has shown that it can be solved."
    if not paid:
        yield (
            f"Solved is a reward of {world.solved_at:g}, as if each of its rewards were 1 at most; "
            "it does not say so."
        )


def _form(world: type[Conversed], answer: str) -> str:
    """Return the form in which the answers of the first rows are paid in full; empty: in none."""
    found = rows(world.id, world.settings)[:ANSWERED]
    answers = [getattr(task.data, answer, None) for task in found]
    if any(one is None for one in answers):
        return ""
    for form in FORMS:
        replies = enumerate(form.format(one) for one in answers)
        if all(_tried(world, text, index)[1] >= world.solved_at for index, text in replies):
            return form
    return ""


class Answering:
    """The expert of a taskset that names its answers."""

    def __init__(self, column: str, form: str) -> None:
        self.column, self.form = column, form

    def __call__(self, world: Conversed) -> Iterator[str]:
        """Give the row's answer."""
        yield self.form.format(getattr(world.row, self.column))


def _content(task: Any) -> str:
    """Return what makes two rows the same: what is shown, or all where nothing is at first."""
    data = task.data
    if data.prompt is not None:
        return f"{data.system_prompt or ''}\n{data.prompt_text}"
    return json.dumps(data.model_dump(mode="json", exclude={"idx"}), sort_keys=True)
