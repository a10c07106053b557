"""Our environments in TRL's GRPOTrainer, through its `environment_factory`.

    rows = trl.rows(fh.tasks("data/ledger", 64))
    GRPOTrainer(..., train_dataset=Dataset.from_list(rows),
                environment_factory=trl.factory("data/ledger"))

TRL owns the loop and the tokens; every call of a tool is a turn of an episode that `play` plays. A
world without tools has one, `act`, which takes a line. A model that stops before the episode is
over has its remaining turns pass, and is paid what the score says then. A failed episode has no
reward (None), which TRL leaves out of the group's mean.

What TRL answers itself never reaches the world and takes no turn: a call that it cannot parse, and
a tool that does not exist. Refused at the start: tools whose arguments TRL cannot describe to a
model, and tools that are named like the methods TRL looks for.
"""

import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from firsthand.bridges.package import package
from firsthand.bridges.stepping import PATIENT, EpisodeFailed, Shown, Stepping, waited
from firsthand.environment import Action, Tool, ToolCall, tools_of
from firsthand.episode import Episode
from firsthand.errors import UserError
from firsthand.registry import check_version, lookup
from firsthand.rollout.play import Limits
from firsthand.task import Task

OVER = "The episode is over."
"""What a call is answered with when nothing counts any more."""


def rows(tasks: Iterable[Task]) -> list[dict[str, Any]]:
    """Return one row of a training set for each task: the prompt to be completed, and the task."""
    told = msgspec.json.encode
    return [
        {"prompt": _prompt(lookup(task.environment).statement), "task": told(task).decode()}
        for task in tasks
    ]


def factory(
    environment: str, *, limits: Limits = PATIENT, journal: Path | str | None = None
) -> type["Rollout"]:
    """Return the class for `environment_factory`, whose methods are the environment's tools.

    Each instance plays one episode after the other; `journal` is a folder that keeps them. Raises
    `UnknownName`, `MissingExtra`, and `UserError` for tools that TRL cannot offer.
    """
    kind = lookup(environment)
    methods = {name: _method(declared) for name, declared in tools_of(kind).items()}
    if not methods:
        methods = {"act": _line()}
    if taken := {"reset", "get_reward"} & methods.keys():
        raise UserError(f"TRL takes {', '.join(sorted(taken))} of {kind.name} for its own method.")
    if hidden := [name for name in methods if name.startswith("_")]:
        raise UserError(f"TRL does not offer tools named with an underscore: {', '.join(hidden)}.")
    made = type(kind.__name__, (Rollout,), {**methods, "_limits": limits, "_journal": journal})
    described = package("transformers.utils", extra="trl").get_json_schema
    for name in methods:
        try:
            described(getattr(made, name))
        except Exception as error:
            raise UserError(
                f"TRL cannot describe the tool {name} of {kind.name} to a model: {error}"
            ) from error
    return made


class Rollout:
    """What TRL makes without arguments, resets for each rollout, calls and asks for the reward.

    `_episode` is the last episode that ended. Every name that TRL must not offer as a tool begins
    with an underscore.
    """

    _limits: Limits = PATIENT
    _journal: Path | str | None = None

    def __init__(self) -> None:
        self._stepping: Stepping | None = None
        self._episode: Episode | None = None

    def reset(self, **row: Any) -> str:
        """Begin the task of a row; return what is shown first, which TRL adds to the prompt."""
        if self._stepping is not None:
            waited(self._stepping.close())
        task = _task(row)
        self._episode = None
        self._stepping = Stepping(task, agent="trl", limits=self._limits, journal=self._journal)
        try:
            return _told(waited(self._stepping.start()))
        except EpisodeFailed as failed:
            self._episode = failed.episode
            return OVER

    def get_reward(self) -> float | None:
        """Return the score of the episode, None where it failed and says nothing of the model."""
        if self._stepping is None:
            return None
        if self._episode is None:
            try:
                self._episode = waited(self._stepping.finish())
            except EpisodeFailed as failed:
                self._episode = failed.episode
        return self._episode.counted

    def _take(self, action: Action) -> str:
        if self._stepping is None or self._episode is not None:
            return OVER
        try:
            shown = waited(self._stepping.step(action))
        except EpisodeFailed as failed:
            self._episode = failed.episode
            return OVER
        self._episode = shown.episode
        return _told(shown)


def _line() -> Callable[..., str]:
    """Return the method of a world without tools."""

    def act(self: Rollout, line: str) -> str:
        return self._take(Action(line))  # pyright: ignore[reportPrivateUsage] - a method of it

    line = inspect.Parameter("line", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=str)
    text = "Take one turn.\n\nArgs:\n    line: What to do, in one line."
    return _presented(act, "act", text, [line])


def _method(declared: Tool) -> Callable[..., str]:
    """Return the method of one tool; what is wrong with a call is the environment's to say."""
    name = declared.name
    hints = get_type_hints(declared.function)  # without the notes that msgspec reads
    own = list(inspect.signature(declared.function).parameters.values())[1:]

    def call(self: Rollout, **arguments: Any) -> str:
        return self._take(Action(calls=(ToolCall(name, arguments),)))  # pyright: ignore[reportPrivateUsage]

    parameters = [parameter.replace(annotation=hints[parameter.name]) for parameter in own]
    return _presented(call, name, _docstring(declared), parameters)


def _presented(
    call: Any, name: str, text: str, parameters: list[inspect.Parameter]
) -> Callable[..., str]:
    """Give a method the signature and the docstring by which TRL describes it to a model."""
    receiver = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    call.__name__ = call.__qualname__ = name
    call.__doc__ = text
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    call.__signature__ = inspect.Signature([receiver, *parameters])
    return call


def _docstring(declared: Tool) -> str:
    """Write the description of a tool and of its arguments in the form that TRL reads."""
    properties = declared.parameters.get("properties", {})
    lines = [declared.description or declared.name]
    if properties:
        lines += ["", "Args:"]
        lines += [
            f"    {name}: {' '.join(schema.get('description', name).split())}"
            for name, schema in properties.items()
        ]
    return "\n".join(lines)


def _told(shown: Shown) -> str:
    text = shown.observation.full
    if not shown.choices:
        return text
    return f"{text}\n\nWhat can be done:\n" + "\n".join(shown.choices)


def _task(row: dict[str, Any]) -> Task:
    told = row.get("task")
    if not isinstance(told, str):
        raise UserError(
            f"A row of the training set names no task, but {', '.join(row) or 'nothing'}: make "
            "the rows with firsthand.bridges.trl.rows(tasks)."
        )
    task = msgspec.json.decode(told.encode(), type=Task)
    check_version(task)
    return task


def _prompt(statement: str) -> list[dict[str, str]]:
    """The observation is added to the last message by TRL, when the episode begins."""
    system = [{"role": "system", "content": statement}] if statement else []
    return [*system, {"role": "user", "content": ""}]
