"""How targets of the corpus are loaded and played; proofs and wrong play are made of this."""

import importlib.util
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

SEEDS = range(40)


Proof = Callable[[ModuleType], bool]
"""Cheat one broken target; return whether that worked."""


def load(path: Path) -> ModuleType:
    """Load a fresh copy of a Python file, so that nothing of an earlier use is left in it."""
    name = f"corpus_{path.parent.parent.name}_{path.parent.name}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader, path
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module


def mean(values: Iterable[float]) -> float:
    """Average; an empty input is a mistake of the caller."""
    listed = list(values)
    return sum(listed) / len(listed)


def pays(
    module: ModuleType,
    completion: Callable[[dict[str, Any]], str],
    only: Callable[[dict[str, Any]], bool] = lambda task: True,
) -> float:
    """Mean reward of a completion that is made for each task, over those tasks that `only`
    takes.
    """
    return mean(
        module.reward(task["prompt"], completion(task), task["answer"])
        for task in module.TASKS
        if only(task)
    )


def follow(env: Any, plan: Iterable[str]) -> float:
    """Follow a plan to its end or to the end of the episode, and return the sum of rewards."""
    total = 0.0
    for action in plan:
        _, reward, done, _ = env.step(action)
        total += reward
        if done:
            break
    return total


def play(env: Any, plan: Iterable[str], seed: int) -> float:
    """Reset, follow the plan, and return the sum of rewards."""
    env.reset(seed)
    return follow(env, plan)


def open_loop(module: ModuleType, plan: list[str]) -> float:
    """Mean return of one plan that looks at nothing."""
    return mean(play(module.Env(), plan, seed) for seed in SEEDS)
