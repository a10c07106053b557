"""The arms of the experiment: one line for each way of learning, imported when it takes part."""

import importlib
from collections.abc import Awaitable, Callable
from typing import Any, Literal, cast

import msgspec

from firsthand.agent import Agent
from firsthand.errors import MissingExtra, UnknownName, UserError
from firsthand.learn.lab import Lab, Learner
from firsthand.learn.rules.tuned import PRESET, Options
from firsthand.models.trainable import Trainable

Where = Literal["nowhere", "prompt", "weights", "both"]
RULES = "firsthand.learn.rules"
RECIPES = "firsthand.learn.weights.recipes"


class Arm(msgspec.Struct, frozen=True):
    """One way of learning."""

    name: str
    where: Where
    """Where what was learned is kept."""
    told: str
    """What it does, in a few words."""
    make: Callable[[Options], Learner]
    package: str = ""
    """The package that it needs beyond firsthand, and the extra that brings it."""
    extra: str = ""

    def learner(self, agent: Agent, options: Options = PRESET) -> Learner:
        """Return the learner, ready to run. Raises `UserError` for what it lacks."""
        if self.package:
            need(self.package, self.extra)
        if self.where in ("weights", "both") and not isinstance(agent.model, Trainable):
            raise UserError(
                f"The arm {self.name} trains weights, and those of {agent.model.name} cannot be "
                "trained: name a model such as torch:smollm2 or tiny."
            )
        return self.make(options)


def need(package: str, extra: str) -> None:
    """Check that an optional package is there. Raises `MissingExtra`."""
    try:
        importlib.import_module(package)
    except ImportError:
        raise MissingExtra(package, extra=extra) from None


async def unchanged(lab: Lab) -> Agent:
    """Learn nothing: what every arm starts from."""
    return lab.agent


def rule(module: str, name: str = "") -> Callable[[Options], Learner]:
    """Return what finds a learner in `learn/rules`."""

    def make(options: Options) -> Learner:
        return getattr(importlib.import_module(f"{RULES}.{module}"), name or module)

    return make


def recipe(name: str) -> Callable[[Options], Learner]:
    """Return what finds a recipe of `learn/weights` and gives it its settings."""

    def make(options: Options) -> Learner:
        need("torch", "train")
        found = _found(RECIPES, name)

        async def learn(lab: Lab) -> Agent:
            from firsthand.learn.rules.tuned import settings

            return await cast("Awaitable[Agent]", found(lab, settings(lab, name, options)))

        return learn

    return make


def _found(module: str, name: str) -> Any:
    try:
        return getattr(importlib.import_module(module), name)
    except (ModuleNotFoundError, AttributeError) as error:
        raise UserError(f"{module}.{name} is not there: {error}.") from error


_ALL = (
    Arm("base", "nowhere", "learns nothing", lambda _: unchanged),
    Arm("icl", "prompt", "the newest raw episodes that fit", rule("icl")),
    Arm("retrieval", "prompt", "nearest successes, no credit", rule("retrieval")),
    Arm("admit_all", "prompt", "every proposal, untested", rule("admit_all")),
    Arm("random", "prompt", "plays drawn at random as lessons", rule("random_lessons")),
    Arm("lessons", "prompt", "randomised credit and a gate", rule("lessons")),
    Arm("no_mask", "prompt", "lessons with observed credit", rule("lessons", "no_mask")),
    Arm("no_gate", "prompt", "lessons without the gate", rule("lessons", "no_gate")),
    Arm("gepa", "prompt", "GEPA's selection", rule("gepa"), "gepa", "gepa"),
    Arm("grasp", "prompt", "GRASP's regression gate", rule("grasp"), "grasp", "grasp"),
    Arm("sft", "weights", "imitation of the expert", recipe("sft")),
    Arm("filtered_sft", "weights", "imitation of own successes", recipe("filtered_sft")),
    Arm("grpo", "weights", "reinforcement learning", recipe("grpo")),
    Arm("no_sleep", "prompt", "lessons+sleep without sleep", rule("lessons_then", "no_sleep")),
    Arm("lessons+sleep", "both", "lessons, then distilled", rule("lessons_then", "sleep")),
    Arm("lessons+grpo", "both", "lessons, then GRPO with them", rule("lessons_then", "grpo")),
)
ARMS = {arm.name: arm for arm in _ALL}


def arm(name: str) -> Arm:
    """Return an arm by name. Raises `UnknownName`."""
    if name not in ARMS:
        raise UnknownName("arm", name, ARMS, hint=f"There are: {', '.join(ARMS)}.")
    return ARMS[name]
