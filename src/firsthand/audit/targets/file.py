"""A Python file of which nothing is known but its interface: a grader, or an environment.

A grader has `TASKS`, `reward(prompt, completion, answer)` and `oracle(task)`; an episodic
environment a class `Env`, `ACTIONS` and `oracle(env, seed)`. Names beyond these are not looked at.
A file may also define a subclass of `fh.Environment`: it is then audited like an installed one.
"""

import asyncio
import contextlib
import hashlib
import importlib.util
import inspect
import json
import math
import operator
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from firsthand.audit.targets.named_file import file_and_class
from firsthand.audit.targets.protocol import (
    Facts,
    Fault,
    Instance,
    Play,
    Spec,
    Target,
    Trace,
    readable,
)
from firsthand.environment import Environment
from firsthand.errors import UserError

PICKLED = ".pickle"
"""Suffix of a file that holds one pickled class of a notebook."""
HORIZON = 200
"""Most actions of a play of an environment that declares no `max_steps`."""


class AuditAtImport(BaseException):
    """The file being loaded asks for an audit itself: what stands before that is what is audited.

    No `Exception`, so that a file that handles its errors does not go on and audit itself for ever.
    """


def from_file(spec: Spec) -> Target:
    """Load the file and see what it defines. Raises `UserError` when it is no target."""
    path, wanted = file_and_class(spec.name)
    if path.suffix == PICKLED:
        import cloudpickle

        return _native(spec, cloudpickle.loads(path.read_bytes()))
    module = _imported(path)
    if wanted:
        return _native(spec, operator.attrgetter(wanted)(module))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    for wanted, kind in (
        ((("TASKS", list), ("reward", None), ("oracle", None)), Grader),
        ((("Env", type), ("ACTIONS", None), ("oracle", None)), Episodic),
    ):
        if all(hasattr(module, name) for name, _ in wanted):
            return kind(module, path.name, sha256)
    classes = _environments(module)
    if len(classes) == 1:
        return _native(spec, classes[0])
    if classes:
        names = [f"{path.name}:{environment.__qualname__}" for environment in classes]
        raise UserError(
            f"{path.name} defines {len(names)} environments: name one of them, as "
            f"{' or '.join(names)}."
        )
    raise UserError(
        f"{path.name} is no target: expected TASKS, reward(prompt, completion, answer) and "
        "oracle(task), or a class Env, ACTIONS and oracle(env, seed), or a subclass of "
        "firsthand.Environment."
    )


def _environments(module: ModuleType) -> list[type[Environment]]:
    """Return the environments that a module defines: not those it imports, nor unnamed bases."""
    return [
        member
        for member in vars(module).values()
        if isinstance(member, type)
        and issubclass(member, Environment)
        and member.__module__ == module.__name__
        and hasattr(member, "name")
    ]


def _native(spec: Spec, environment: object) -> Target:
    from firsthand.audit.targets.native import Native  # graders do without the rollout rooms

    if not isinstance(environment, type) or not issubclass(environment, Environment):
        raise UserError(f"{spec.name} is no subclass of firsthand.Environment.")
    return Native(spec, environment)


def _imported(path: Path) -> ModuleType:
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise UserError(f"{path} cannot be imported as Python.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    with contextlib.suppress(AuditAtImport):
        spec.loader.exec_module(module)
    return module


class Grader:
    """Tasks with one answer each. The seed of an instance is its place in `TASKS`."""

    def __init__(self, module: ModuleType, name: str, sha256: str) -> None:
        self.module, self.name, self.sha256 = module, name, sha256
        self.tasks = cast("list[dict[str, Any]]", module.TASKS)
        self.verifiers: dict[str, Callable[..., Any]] = getattr(module, "VERIFIERS", {})
        if not self.tasks:
            raise UserError(f"{name} has no tasks: TASKS is empty.")
        for number, task in enumerate(self.tasks):
            if missing := [key for key in ("prompt", "answer") if key not in task]:
                raise UserError(f"{name}: TASKS[{number}] has no {missing[0]!r}.")

    def facts(self) -> Facts:
        """Describe the grader."""
        return Facts(
            "answer",
            self.name,
            self.sha256,
            instances=len(self.tasks),
            verifiers=tuple(sorted(self.verifiers)),
        )

    async def instance(self, seed: int, *, oracle: bool = True) -> Instance:
        """Tell one task and what its oracle says."""
        task = self.tasks[seed]
        if not oracle:
            return Instance(seed, readable(str(task["prompt"])), plain(task["answer"]))
        text = self.module.oracle(task)
        if inspect.isawaitable(text):
            text = await text
        return Instance(
            seed, readable(str(task["prompt"])), plain(task["answer"]), (readable(str(text)),)
        )

    async def play(self, play: Play) -> Trace:
        """Grade one completion."""
        task = self.tasks[play.seed]
        completion = play.actions[0] if play.actions else ""
        await asyncio.sleep(0)
        judge = self.verifiers[play.verifier] if play.verifier else self.module.reward
        paid = judge(task["prompt"], completion, task["answer"])
        if inspect.isawaitable(paid):
            paid = await paid
        value, fault = number(paid)
        return Trace(("",), () if value is None else (value,), value, True, fault=fault)

    async def moves(self, play: Play) -> list[str]:
        """Tell nothing: any text is an answer."""
        return []


class Episodic:
    """A class `Env` with `reset`, `step` and, where it wants, `max_steps` and `state`."""

    def __init__(self, module: ModuleType, name: str, sha256: str) -> None:
        self.module, self.name, self.sha256 = module, name, sha256
        self.make = cast("Callable[[], Any]", module.Env)
        self.literal = {
            str(action): action for action in module.ACTIONS if not isinstance(action, str)
        }
        self.horizon = getattr(self.make, "max_steps", None)
        if self.horizon is None:
            self.horizon = getattr(self.make(), "max_steps", None)

    def facts(self) -> Facts:
        """Describe the environment."""
        limited = isinstance(self.horizon, int) and self.horizon > 0
        return Facts(
            "episode",
            self.name,
            self.sha256,
            turns=min(cast("int", self.horizon), 1000) if limited else HORIZON,
            limited=limited,
            grammar=tuple(str(action) for action in self.module.ACTIONS),
            stateful=hasattr(self.make, "state"),
        )

    async def instance(self, seed: int, *, oracle: bool = True) -> Instance:
        """Begin an instance and ask the oracle for a plan."""
        environment = self.make()
        shown = readable(str(environment.reset(seed)))
        if not oracle:
            return Instance(seed, shown)
        try:
            return Instance(
                seed,
                shown,
                oracle=tuple(
                    readable(str(action)) for action in self.module.oracle(environment, seed)
                ),
            )
        except Exception as error:
            return Instance(seed, shown, fault=f"{type(error).__name__}: {error}"[:300])

    async def play(self, play: Play) -> Trace:
        """Take the steps of a play on a fresh `Env`."""
        environment = self.make()
        return await self._steps(environment, environment.reset(play.seed), play)

    async def _steps(self, environment: Any, shown: object, play: Play) -> Trace:
        observations, rewards, states, late, done, fault = (
            [readable(str(shown))],
            list[float](),
            list[str](),
            0.0,
            False,
            None,
        )
        stateful = hasattr(environment, "state")
        if stateful:
            states.append(_state(environment))
        for action in play.actions:
            if done and not play.beyond:
                break
            await asyncio.sleep(0)
            try:
                shown, paid, over, _ = environment.step(self.literal.get(action, action))
            except Exception as error:
                fault = Fault(
                    "late" if done else "raised", f"{type(error).__name__}: {error}"[:300]
                )
                break
            value, fault = number(paid)
            if value is None:
                break
            observations.append(readable(str(shown)))
            if done:
                late += value
            else:
                rewards.append(value)
            done = done or bool(over)
            if stateful:
                states.append(_state(environment))
        value = None if fault is not None and fault.kind != "late" else math.fsum(rewards)
        return Trace(
            tuple(observations),
            tuple(rewards),
            value,
            done,
            late,
            states[-1] if states else "",
            tuple(states),
            fault,
        )

    async def moves(self, play: Play) -> list[str]:
        """Tell the declared actions."""
        return [str(action) for action in self.module.ACTIONS]


def _state(environment: Any) -> str:
    return hashlib.blake2b(repr(environment.state()).encode(), digest_size=8).hexdigest()


def number(paid: object) -> tuple[float | None, Fault | None]:
    """Return a reward as a float, or what it is instead."""
    if paid is None or isinstance(paid, (str, bytes, complex)):
        return None, Fault("type", f"the reward is {paid!r}"[:120])
    try:
        value = float(cast("Any", paid))
    except Exception:
        return None, Fault("type", f"the reward is of type {type(paid).__name__}")
    if not math.isfinite(value):
        return None, Fault("finite", f"the reward is {value!r}")
    return value, None


def plain(value: Any) -> Any:
    """Return a value as JSON has it; what JSON has not becomes its `repr`."""
    try:
        return json.loads(json.dumps(value))
    except (TypeError, ValueError):
        return repr(value)
