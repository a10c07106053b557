"""A benchmark for anybody's learner: fresh worlds whose laws are hidden, and what it gains in them.

Worlds are drawn from a seed, so no learner can have been fitted to them. Among them are worlds of
`control/null`, where nothing can be learned and any claim is false. The files of learners are run
as the programs that they are, with the rights of whoever runs them.
"""

import importlib.util
import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.errors import FirsthandError, RunStopped, UserError
from firsthand.evaluate.statistics import paired_difference
from firsthand.learn.compare.controls import NULL
from firsthand.learn.lab import Lab, Learner
from firsthand.models.scripted import Expert
from firsthand.models.trainable import Trainable
from firsthand.registry import tasks
from firsthand.rollout.play import Limits
from firsthand.rollout.pool import rollout
from firsthand.task import Task, digest

ENVIRONMENTS = ("interfaces/shop_desk", "rules/triage", NULL)
FIRST_WORLD = 10_000
"""Worlds of the benchmark are far from those that people try things in."""
WORLDS = 1_000_000
"""As many to draw from."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner came to in one world."""

    environment: str
    world: int
    null: bool
    """Whether nothing can be learned there."""
    n: int
    """Held-out tasks."""
    before: float = 0.0
    after: float = 0.0
    gain: float = 0.0
    gain_ci95: tuple[float, float] = (-1.0, 1.0)
    possible: float = 0.0
    """What the environment's expert scores on the same tasks, less the base."""
    turns: int = 0
    claimed: bool = False
    """Whether the learner deployed an agent that differs from the base."""
    error: str = ""


def load(path: Path) -> Learner:
    """Return the function `learn` of a file. Raises `UserError` that says what is wrong with it."""
    if not path.is_file():
        raise UserError(
            f"There is no file {path}: name a Python file with `async def learn(lab) -> Agent`."
        )
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise UserError(f"{path} is no Python file: its name must end in .py.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise UserError(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    learner = getattr(module, "learn", None)
    if not inspect.iscoroutinefunction(learner):
        kind = "no `learn`" if learner is None else "a `learn` that is no `async def`"
        raise UserError(f"{path} has {kind}: write `async def learn(lab) -> Agent`.")
    if len(inspect.signature(learner).parameters) != 1:
        raise UserError(f"`learn` in {path} must take one argument, the lab.")
    return cast(Learner, learner)


def worlds(seed: int, n: int) -> list[tuple[str, int]]:
    """Return n fresh worlds of each environment of the benchmark."""
    return [
        (name, FIRST_WORLD + digest(f"bench/{seed}/{name}/{number}") % WORLDS)
        for number in range(n)
        for name in ENVIRONMENTS
    ]


async def bench(
    learner: Learner,
    base: Agent,
    places: Sequence[tuple[str, int]],
    *,
    folder: Path,
    budget: int,
    eval_tasks: int,
    seed: int = 0,
    limits: Limits = Limits(),
    concurrency: int = 8,
    tell: Callable[[Found], None] = lambda _found: None,
) -> list[Found]:
    """Let a learner learn in each world from the same base; return what it gained in each."""
    found: list[Found] = []
    weights = base.model.state() if isinstance(base.model, Trainable) else None
    for environment, world in places:
        if weights is not None and isinstance(base.model, Trainable):
            base.model.load_state(weights)
            base.model.version = 0
        lab = Lab(
            base,
            [environment],
            folder=folder / f"{environment.replace('/', '_')}-w{world}",
            budget=budget,
            world=world,
            seed=seed,
            limits=limits,
            concurrency=concurrency,
        )
        held_out = tasks(environment, eval_tasks, split="eval", world=world)
        row = Found(environment=environment, world=world, null=environment == NULL, n=eval_tasks)
        found.append(await _in_one(learner, lab, held_out, row))
        tell(found[-1])
    return found


async def _in_one(learner: Learner, lab: Lab, held_out: Sequence[Task], row: Found) -> Found:
    """Play before, learn, play after. What the learner does wrong is the row's error."""
    before = _scores(await _played(lab, lab.agent, held_out, "before"))
    expert = _scores(await _played(lab, Agent(model=Expert()), held_out, "expert"))
    try:
        agent = cast(Any, await learner(lab))
        if not isinstance(agent, Agent):
            raise UserError(f"learn returned {type(agent).__name__}, expected an Agent.")
    except RunStopped:
        raise
    except FirsthandError as error:
        return msgspec.structs.replace(row, turns=lab.spent, error=str(error))
    except Exception as error:  # a learner's bug must not cost the other worlds
        return msgspec.structs.replace(
            row, turns=lab.spent, error=f"{type(error).__name__}: {error}"
        )
    claimed = _changed(lab.agent, agent)
    after = _scores(await _played(lab, agent, held_out, "after")) if claimed else before
    change = paired_difference(before, after)
    first = _mean(before)
    return msgspec.structs.replace(
        row,
        before=first,
        after=_mean(after),
        gain=change.mean,
        gain_ci95=(change.interval.low, change.interval.high),
        possible=_mean(expert) - first,
        turns=lab.spent,
        claimed=claimed,
    )


def _changed(base: Agent, agent: Agent) -> bool:
    model = agent.model
    trained = isinstance(model, Trainable) and model.version > 0
    return trained or model is not base.model or agent.id != base.id


async def _played(lab: Lab, agent: Agent, held_out: Sequence[Task], run: str) -> list[Episode]:
    return await rollout(
        agent,
        held_out,
        limits=lab.limits,
        concurrency=lab.concurrency,
        journal=lab.journal,
        run=run,
    )


def _scores(episodes: Sequence[Episode]) -> list[float]:
    """Return scores; a play that failed for whatever reason earned nothing."""
    return [episode.counted or 0.0 for episode in episodes]


def _mean(scores: Sequence[float]) -> float:
    return round(sum(scores) / len(scores), 4)
