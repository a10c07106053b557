"""Policies that need no language model: the expert, random play, doing nothing, any Python
callable.
"""

import inspect
import random
from collections.abc import Callable, Iterator
from typing import Any

from firsthand.environment import Action, Environment, Observation, ToolCall, tools_of
from firsthand.errors import UnknownName
from firsthand.prompt import Act
from firsthand.task import Task

Function = Callable[[Observation, Environment, random.Random], "Action | str | Any"]


class Scripted:
    """A policy made from a function of observation, environment and the episode's random stream.

    The function returns an `Action` or a text, or an awaitable of one; it is called once a turn.
    """

    def __init__(self, function: Function, *, name: str | None = None) -> None:
        self._function = function
        self._name = name or f"scripted:{getattr(function, '__name__', 'callable')}"

    @property
    def name(self) -> str:
        """The name to record."""
        return self._name

    def start(self, environment: Environment, task: Task) -> Act:
        """Begin an episode with its own random stream."""
        rng = task.rng("policy")
        return lambda observation: self._function(observation, environment, rng)

    async def close(self) -> None:
        """Nothing is held."""


class Expert:
    """Plays the environment's own expert, one action a turn."""

    name = "scripted:expert"

    def start(self, environment: Environment, task: Task) -> Act:
        """Begin an episode; the expert looks at the world only when asked for the next action."""
        actions: list[Iterator[Action]] = []

        def act(_observation: Observation) -> Action:
            if not actions:
                actions.append(iter(environment.expert()))
            return next(actions[0], Action())

        return act

    async def close(self) -> None:
        """Nothing is held."""


def idle(_observation: Observation, _environment: Environment, _rng: random.Random) -> Action:
    """Do nothing, turn after turn."""
    return Action()


async def at_random(
    _observation: Observation, environment: Environment, rng: random.Random
) -> Action:
    """Pick a legal choice; else call a tool with arguments from its schema; else say a word."""
    choices = environment.choices()
    if inspect.isawaitable(choices):
        choices = await choices
    if choices:
        return Action(rng.choice(list(choices)))
    tools = list(tools_of(type(environment)).values())
    if not tools:
        return Action(rng.choice(["yes", "no", "0", "1", "help", "look", "wait"]))
    chosen = rng.choice(tools)
    fields = chosen.parameters.get("properties", {})
    arguments = {name: _draw(schema, rng) for name, schema in fields.items()}
    return Action(calls=(ToolCall(chosen.name, arguments, "random"),))


def _draw(schema: dict[str, Any], rng: random.Random) -> Any:
    """Draw a value of a JSON Schema's type; good enough to be well-formed, not to be right."""
    if "enum" in schema:
        return rng.choice(schema["enum"])
    match schema.get("type"):
        case "integer":
            return rng.randint(schema.get("minimum", -5), schema.get("maximum", 100))
        case "number":
            return rng.uniform(0.0, 100.0)
        case "boolean":
            return rng.random() < 0.5
        case "array":
            return [_draw(schema.get("items", {}), rng) for _ in range(rng.randint(0, 3))]
        case _:
            return rng.choice(["", "a", "0", "x" * 20])


POLICIES: dict[str, Callable[[], "Scripted | Expert"]] = {
    "expert": Expert,
    "random": lambda: Scripted(at_random, name="scripted:random"),
    "idle": lambda: Scripted(idle, name="scripted:idle"),
}


def scripted(name: str) -> "Scripted | Expert":
    """Return the policy behind `expert`, `random` or `idle`. Raises `UnknownName`."""
    if name not in POLICIES:
        raise UnknownName(
            "scripted policy", name, POLICIES, hint=f"There are: {', '.join(POLICIES)}."
        )
    return POLICIES[name]()
