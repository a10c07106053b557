"""A program for an ordinary Python process: call a target as its users do, and print what it pays.

It is handed to `python -c` as text: nothing of the auditor is in that process, and a target that
looks for its auditor finds none. It reads one JSON object from its standard input and prints one
JSON list for each play.
"""

import asyncio
import contextlib
import importlib
import importlib.util
import inspect
import json
import math
import operator
import os
import sys
from typing import Any


def main() -> None:
    """Print `[reward]` for each play, or `[null]` where there is none."""
    out = os.fdopen(os.dup(1), "w")
    null = os.open(os.devnull, os.O_WRONLY)
    for fd in (1, 2):
        os.dup2(null, fd)
    order: dict[str, Any] = json.load(sys.stdin)
    pay = {"file": from_file, "native": native, "reasoning-gym": reasoning_gym}[order["source"]](
        order
    )
    for play in order["plays"]:
        out.write(json.dumps([paid(pay, play)]) + "\n")
        out.flush()


def paid(pay: Any, play: dict[str, Any]) -> float | None:
    """Return the reward of one play, None where it is no finite number."""
    try:
        value = pay(play)
        if inspect.isawaitable(value):
            value = asyncio.run(settled(value))
        value = float(value)
    except (Exception, SystemExit):
        return None
    return value if math.isfinite(value) else None


async def settled(value: Any) -> Any:
    """Wait for what is waited for."""
    return await value


class Stop(BaseException):
    """A script asks for its own audit: what stands before that is what is audited."""


def stop(*_arguments: Any, **_options: Any) -> None:
    """Stand in for `firsthand.audit` while a script is loaded."""
    raise Stop


def from_file(order: dict[str, Any]) -> Any:
    """Import a Python file, and return what plays its grader or its environment."""
    path, _, wanted = order["name"].partition(".py:")
    path += ".py" if wanted else ""
    if path.endswith(".pickle"):
        cloudpickle: Any = importlib.import_module("cloudpickle")
        with open(path, "rb") as file:
            return native(order, cloudpickle.load(file))
    with open(path, encoding="utf-8") as file:
        if "firsthand" in file.read():
            vars(importlib.import_module("firsthand"))["audit"] = stop
    sys.path.insert(0, os.path.dirname(path))
    name = os.path.splitext(os.path.basename(path))[0]
    spec: Any = importlib.util.spec_from_file_location(name, path)
    module: Any = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    with contextlib.suppress(Stop):
        spec.loader.exec_module(module)
    if wanted:
        return native(order, operator.attrgetter(wanted)(module))

    def grade(play: dict[str, Any]) -> Any:
        task, text = module.TASKS[play["seed"]], (play["actions"] or [""])[0]
        reward = module.VERIFIERS[play["verifier"]] if play["verifier"] else module.reward
        return reward(task["prompt"], text, task["answer"])

    def walk(play: dict[str, Any]) -> float:
        literal = {str(action): action for action in module.ACTIONS}
        environment, rewards = module.Env(), list[float]()
        environment.reset(play["seed"])
        for action in play["actions"]:
            _, reward, done, _ = environment.step(literal.get(action, action))
            rewards.append(float(reward))
            if done:
                break
        return math.fsum(rewards)

    if hasattr(module, "TASKS") and hasattr(module, "reward"):
        return grade
    if hasattr(module, "Env") and hasattr(module, "ACTIONS"):
        return walk
    return native(order, only_environment(module))


def only_environment(module: Any) -> Any:
    """Return the one class that a module defines and that is an environment."""
    base: Any = importlib.import_module("firsthand").Environment
    held = [getattr(module, name) for name in dir(module)]
    defined: list[type[Any]] = [member for member in held if inspect.isclass(member)]
    mine = [one for one in defined if one.__module__ == module.__name__ and issubclass(one, base)]
    return next(one for one in mine if hasattr(one, "name"))


def reasoning_gym(order: dict[str, Any]) -> Any:
    """Return what scores answers to a data set of reasoning-gym."""
    library: Any = importlib.import_module("reasoning_gym")
    data = library.create_dataset(order["name"], seed=0, size=1)

    def score(play: dict[str, Any]) -> Any:
        if order["reading"]:
            data.seed = play["seed"]
            entry = data[0]
        else:
            entry = library.create_dataset(order["name"], seed=play["seed"], size=1)[0]
        return data.score_answer((play["actions"] or [""])[0], entry)

    return score


def native(order: dict[str, Any], environment: Any = None) -> Any:
    """Return what plays a firsthand environment, looked up by its name where it is not given."""
    fh: Any = importlib.import_module("firsthand")
    if environment is None:
        environment = importlib.import_module("firsthand.registry").lookup(order["name"])
    if order["sabotage"]:
        breaking: Any = importlib.import_module("firsthand.audit.sabotage")
        environment = breaking.sabotaged(environment, order["sabotage"])

    class Planned:
        name = "scripted:planned"

        def __init__(self, actions: list[str]) -> None:
            self.actions = iter(actions)

        def start(self, _environment: Any, _task: Any) -> Any:
            async def act(_observation: Any) -> Any:
                return written(fh, next(self.actions))

            return act

        async def close(self) -> None:
            return None

    async def play(play: dict[str, Any]) -> float | None:
        seed = play["seed"]
        world = seed % 2 if environment.laws else 0
        place = (environment.name, seed, world, order["level"], order["split"], environment.version)
        limits = fh.Limits(turns=len(play["actions"]))
        agent = fh.Agent(model=Planned(play["actions"]))
        episode = await fh.play(environment(), agent, fh.Task(*place), limits=limits)
        return None if episode.error is not None else episode.reward

    return play


def written(fh: Any, text: str) -> Any:
    """Read an action as the auditor writes it: a text, or calls of tools in JSON."""
    if not text.startswith('{"calls":'):
        return fh.Action(text)
    try:
        said = json.loads(text, parse_float=finite, parse_constant=finite)
        calls = [(call["name"], call.get("arguments", {})) for call in said["calls"]]
        if not all(isinstance(name, str) and isinstance(given, dict) for name, given in calls):
            return fh.Action(text)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return fh.Action(text)
    made = [fh.ToolCall(name, given, str(place)) for place, (name, given) in enumerate(calls)]
    return fh.Action(said.get("text", ""), tuple(made))


def finite(text: str) -> float:
    """Read a number. Raises `ValueError` for one that JSON cannot say, as the auditor's reader."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


if __name__ == "__main__":
    main()
