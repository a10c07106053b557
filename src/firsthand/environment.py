"""Environment: a world that can be acted in, and the facts by which it is judged.

The whole contract is `reset`, tools or `act`, `score` and `expert`; the rest has defaults. Tool
schemas and the strict validation of arguments come from msgspec, driven by the signature of the
method.
"""

import copy
import inspect
import math
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import Any, ClassVar, TypeVar, cast, get_type_hints

import msgspec

from firsthand.errors import (
    InvalidScore,
    ToolError,
    boundary,
    nearest,
)
from firsthand.task import Task

Function = TypeVar("Function", bound=Callable[..., Any])

MOST_RESULT = 100_000
"""Characters that one call of a tool may show; what is longer is cut, so that the episode goes on.
"""

MOST_RESULTS = 500_000
"""Characters that all calls of one action may show together."""


class ToolCall(msgspec.Struct, frozen=True):
    """One call of a tool. `arguments` is an object as JSON has it; `id` links the result to the
    call.
    """

    name: str
    arguments: dict[str, Any] = {}
    id: str = ""


class ToolResult(msgspec.Struct, frozen=True):
    """What a call returned. `tool` is where `text`, an untrusted input (law 12), came from."""

    tool: str
    text: str
    id: str = ""
    error: bool = False


class Observation(msgspec.Struct, frozen=True):
    """What the agent is shown. `done` says that the episode is over and nothing more will count."""

    text: str = ""
    done: bool = False
    results: tuple[ToolResult, ...] = ()

    @property
    def full(self) -> str:
        """The text followed by the text of every result."""
        return "\n".join(part for part in (self.text, *(r.text for r in self.results)) if part)


class Action(msgspec.Struct, frozen=True):
    """What the agent does: a text, or calls of tools."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()


class Score:
    """Named checks on the state of the world, and their value in [0, 1].

    `Score(**checks)` is 1.0 when all checks hold, else 0.0. Raises `InvalidScore` without checks.
    """

    __slots__ = ("checks", "value")

    def __init__(self, **checks: bool) -> None:
        if not checks:
            raise InvalidScore("A score needs at least one named check: Score(balanced=...).")
        self.checks: dict[str, bool] = {name: bool(held) for name, held in checks.items()}
        self.value: float = 1.0 if all(self.checks.values()) else 0.0

    @classmethod
    def potential(cls, value: float, /, **checks: bool) -> "Score":
        """Give partial credit: `value` in [0, 1], and 1 exactly when every check holds."""
        score = cls(**checks)
        if not math.isfinite(value) or not 0.0 <= value <= 1.0:
            raise InvalidScore(f"A potential is a finite number in [0, 1], got {value!r}.")
        if (value == 1.0) != (score.value == 1.0):
            raise InvalidScore(
                f"A potential is 1 exactly when every check holds, got {value!r} with "
                f"{score.checks}."
            )
        score.value = float(value)
        return score

    def __repr__(self) -> str:
        return f"Score({self.value:g}, {self.checks})"


class Tool:
    """The schema of one tool and the validation of its arguments.

    The parameters come from the signature (`Annotated[int, msgspec.Meta(description=...)]`
    documents one), the description from the docstring.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.name = function.__name__
        self.description = inspect.getdoc(function) or ""

    @cached_property
    def arguments(self) -> type[msgspec.Struct]:
        """A struct with one field for each parameter, closed to unknown ones."""
        hints = get_type_hints(self.function, include_extras=True)
        fields: list[Any] = []
        for parameter in list(inspect.signature(self.function).parameters.values())[1:]:
            if parameter.name not in hints:
                raise TypeError(f"Tool {self.name!r}: parameter {parameter.name!r} needs a type.")
            field = (parameter.name, hints[parameter.name])
            fields.append(
                field if parameter.default is parameter.empty else (*field, parameter.default)
            )
        return msgspec.defstruct(self.name, fields, forbid_unknown_fields=True, kw_only=True)

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The JSON Schema of the arguments, self-contained."""
        _, definitions = msgspec.json.schema_components(
            [self.arguments], ref_template="#/$defs/{name}"
        )
        own = cast("dict[str, Any]", dict(definitions.pop(self.name)))
        own.pop("title", None)
        if definitions:
            own["$defs"] = definitions
        return own

    @cached_property
    def specification(self) -> dict[str, Any]:
        """The tool as chat-completion APIs want it."""
        return {
            "type": "function",
            "function": {
                "name": self.name,
                "description": self.description,
                "parameters": self.parameters,
            },
        }

    def validate(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Convert arguments strictly. Raises `ToolError` with path and expectation, e.g. "Expected
        `int`, got `str` - at `$.age`".
        """
        try:
            checked = msgspec.convert(arguments, self.arguments, strict=True)
        except msgspec.ValidationError as error:
            raise ToolError(f"Invalid arguments for {self.name!r}: {error}") from None
        return {name: getattr(checked, name) for name in checked.__struct_fields__}


def tool(function: Function) -> Function:
    """Offer a method to the agent as a tool."""
    function.__tool__ = Tool(function)  # type: ignore[attr-defined]
    return function


@cache
def tools_of(environment: "type[Environment]") -> dict[str, Tool]:
    """Return the tools of an environment by name, in the order they were written."""
    found: dict[str, Tool] = {}
    for base in reversed(environment.__mro__):
        for name, member in vars(base).items():
            if isinstance(declared := getattr(member, "__tool__", None), Tool):
                found[name] = declared
    return found


class Environment:
    """A family of tasks: a world, what can be done in it, and what counts as success.

    Any method may be `async`. One instance plays one episode. The first line of the docstring is
    the summary that `firsthand envs` shows.
    """

    name: ClassVar[str]
    """domain/family"""
    version: ClassVar[str] = "1"
    """Bump when instances or scores change; part of every task's identity."""
    levels: ClassVar[range] = range(1, 6)
    turns: ClassVar[int] = 12
    """Default turn budget; the expert fits in half of it."""
    laws: ClassVar[bool] = False
    """True: `task.world` decides hidden laws that experience can teach."""
    base_rate: ClassVar[float] = 0.0
    """Best mean score of a policy that never looks."""
    needs: ClassVar[frozenset[str]] = frozenset()
    """Capabilities that are probed before the first episode."""
    statement: ClassVar[str] = ""
    """What every task of the family asks: goal, what may be touched, how to finish."""

    finished: bool = False

    def reset(self, task: Task) -> Observation | Awaitable[Observation]:
        """Build the world from `task.rng(...)` only and return the first observation."""
        raise TypeError(f"{type(self).__name__} has no reset(): write one (see `firsthand new`).")

    def score(self) -> Score | Awaitable[Score]:
        """Judge the state of the world; callable at any time, 0 at reset."""
        raise TypeError(f"{type(self).__name__} has no score(): write one (see `firsthand new`).")

    def expert(self) -> Iterator[Action]:
        """Yield actions that reach score 1. May look inside the world."""
        raise TypeError(f"{type(self).__name__} has no expert(): write one (see `firsthand new`).")

    def act(self, action: Action) -> Observation | Awaitable[Observation]:
        """Take one turn. The default runs the calls of `action` in order; a wrong call gets a
        result that says how.
        """
        return self._run_calls(action)

    async def _run_calls(self, action: Action) -> Observation:
        known = tools_of(type(self))
        if not action.calls:
            return Observation(
                f"Nothing was done: call one of the tools {', '.join(known)}.", done=self.finished
            )
        results: list[ToolResult] = []
        left = MOST_RESULTS
        for call in action.calls:
            if self.finished:
                break
            result = await self._call(call, known)
            if len(result.text) > min(MOST_RESULT, left):
                result = _cut(result, min(MOST_RESULT, left))
            left -= min(len(result.text), left)
            results.append(result)
        return Observation(done=self.finished, results=tuple(results))

    async def _call(self, call: ToolCall, known: dict[str, Tool]) -> ToolResult:
        try:
            if call.name not in known:
                close = nearest(call.name, known)
                raise ToolError(
                    "No tool is named "
                    f"{call.name!r}.{f' Did you mean {close!r}?' if close else ''} There "
                    f"are: {', '.join(known)}."
                )
            arguments = known[call.name].validate(call.arguments)
            with boundary("tool", f"calling the tool {call.name}"):
                try:
                    answer = getattr(self, call.name)(**arguments)
                    if inspect.isawaitable(answer):
                        answer = await answer
                except ToolError as refusal:
                    return ToolResult(call.name, str(refusal), call.id, error=True)
            return ToolResult(call.name, str(answer), call.id)
        except ToolError as refusal:
            return ToolResult(call.name, str(refusal), call.id, error=True)

    def choices(self) -> Sequence[str] | None:
        """Return the legal moves now, so that small models can be asked to choose; None: not
        enumerable.
        """
        return None

    def form_error(self, text: str) -> str | None:
        """Say what is wrong with the form of a text action, without taking it; None: nothing.

        A person is asked again then, and no turn is used up. A model's action is taken as it is.
        """
        return None

    @classmethod
    def rules(cls, task: Task) -> Sequence[tuple[str, str]]:
        """Tell the hidden laws of the task's world: condition and consequence, as in "When …, …".

        No player that is measured is shown them: learning tells them right and scrambled, to see
        whether a player reacts to lessons at all. Empty: only the expert's examples are told.
        """
        return ()

    def laws_used(self) -> Mapping[str, tuple[str, int]]:
        """Name the hidden laws on which this task's solution depends.

        Each is told as what it is in this world, and how many values it could have had. Whoever has
        seen a law at work knows it: so the score of an ideal learner after any number of episodes
        can be computed. No player is shown them.
        """
        return {}

    def true_score(self) -> Score | Awaitable[Score] | None:
        """Judge what was meant, where `score` is wrong on purpose (`fh.sabotage`); None: the score
        is what is meant.
        """
        return None

    def aftermath(self) -> str | None:
        """Tell what hindsight shows; asked only after the episode is over and scored."""
        return None

    def picture(self) -> str:
        """Draw the state of the world as text: a grid, a board, a table; empty: it has no shape.

        People see it in `firsthand play` and in the gallery. Agents are not shown it, so it may
        show what they have to find out.
        """
        return ""

    def finish(self) -> None:
        """End the episode; after that every action is absorbed."""
        self.finished = True

    def snapshot(self) -> Any:
        """Return the state of the world, independent of this instance."""
        return copy.deepcopy(self.__dict__)

    def restore(self, state: Any) -> None:
        """Put the world into a state that `snapshot` returned; the state can be restored again."""
        self.__dict__ = copy.deepcopy(state)

    def close(self) -> Awaitable[None] | None:
        """Release what the world holds: files, processes, connections."""
        return None

    @classmethod
    def summary(cls) -> str:
        """The first line of the docstring."""
        return (inspect.getdoc(cls) or "").partition("\n")[0]


def _cut(result: ToolResult, most: int) -> ToolResult:
    """Shorten the text of a result and say so in it."""
    shown = f"\n[cut: {most:,} of {len(result.text):,} characters are shown]"
    return msgspec.structs.replace(result, text=result.text[:most] + shown)


def check_contract(environment: type[Environment]) -> None:
    """Refuse a class that breaks the written part of the contract. Raises `TypeError`."""
    name = getattr(environment, "name", "")
    if name.count("/") != 1 or not all(part.replace("_", "").isalnum() for part in name.split("/")):
        raise TypeError(f"{environment.__name__}.name must read 'domain/family', got {name!r}.")
    for method in ("reset", "score", "expert"):
        if getattr(environment, method) is getattr(Environment, method):
            raise TypeError(
                f"{environment.__name__} has no {method}(): every environment has reset, "
                "score and expert."
            )
    if environment.act is Environment.act and not tools_of(environment):
        raise TypeError(
            f"{environment.__name__} has neither tools nor act(): nothing can be done in it."
        )
    for declared in tools_of(environment).values():
        _ = declared.parameters


def text_actions(texts: Iterable[str]) -> Iterator[Action]:
    """Yield one text action for each text; handy in `expert`."""
    for text in texts:
        yield Action(text)
