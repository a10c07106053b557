"""One cell: one arm on one environment with one seed, from the base model to its held-out scores.

A cell has a folder. Its journal makes an interrupted cell go on where it stopped; `cell.json`, the
last thing written, makes a finished one stay finished.
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.errors import FirsthandError, RunStopped
from firsthand.learn.compare import controls
from firsthand.learn.compare.arms import arm
from firsthand.learn.lab import Lab
from firsthand.learn.weights.written import trained_tokens
from firsthand.models.trainable import Trainable
from firsthand.playbook import replace_file
from firsthand.registry import tasks
from firsthand.rollout.play import Limits
from firsthand.rollout.pool import rollout
from firsthand.task import Task

Progress = Callable[[Episode], None]


class Cell(msgspec.Struct, frozen=True):
    """What is run: an arm, or a control of it, on one environment with one seed."""

    arm: str
    environment: str
    world: int
    seed: int
    control: str = ""

    @property
    def name(self) -> str:
        """A name for people, and for the folder once it is made safe."""
        said = f"{self.control}-{self.arm}" if self.control else self.arm
        return f"{said}-{self.environment}-w{self.world}-s{self.seed}"

    @property
    def folder(self) -> str:
        """The name of its folder; other characters than these are no part of it."""
        return re.sub(r"[^\w.+-]+", "_", self.name)


class Point(msgspec.Struct, frozen=True):
    """A point of a learning curve: what was spent, and the mean score on the first eval tasks."""

    turns: int
    tokens: int
    cpu_s: float
    score: float | None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a cell. Scores are by eval task, None where the episode failed."""

    cell: Cell
    scores: tuple[float | None, ...] = ()
    true: tuple[float | None, ...] = ()
    """The score that was meant, where the environment tells it apart; else empty."""
    flagged: int = 0
    """Held-out episodes that look like exploits."""
    turns: int = 0
    """Turns of the environment that learning took."""
    tokens: int = 0
    """Tokens that models read and sampled to learn: at play and, once a pass, in training."""
    trained_tokens: int = 0
    """Those of them that were trained on, by rows: what imitation reads."""
    wall_s: float = 0.0
    cpu_s: float = 0.0
    """CPU seconds of this process while learning; those of an interrupted try are not in it."""
    unplayed: int = 0
    curve: tuple[Point, ...] = ()
    changed: bool = False
    """Whether the agent that came out differs from the base at all."""
    error: str = ""
    """Why there are no scores."""


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is the same for all cells of an experiment."""

    model: str
    budget: int
    eval_tasks: int = 200
    curve_tasks: int = 40
    """Points of a learning curve are played on so many of the eval tasks, beside the budget."""
    level: int = 1
    concurrency: int = 8
    limits: Limits = Limits()
    options: Mapping[str, Mapping[str, Any]] = {}
    """Settings of the recipes that train weights, by arm."""


class Runner:
    """Runs cells one after another from the same base: weights are restored before each."""

    def __init__(self, base: Agent, rules: Rules, folder: Path) -> None:
        self.base, self.rules, self.folder = base, rules, folder
        self._weights = base.model.state() if isinstance(base.model, Trainable) else None

    def kept(self, cell: Cell) -> Outcome | None:
        """Return what came of a cell earlier; None: it is not finished. Failures are tried again.

        A file that is torn or of another form counts as never written.
        """
        try:
            found = msgspec.json.decode(self._file(cell).read_bytes(), type=Outcome)
        except (OSError, msgspec.MsgspecError, ValueError):
            return None
        return found if found.cell == cell and not found.error else None

    async def run(
        self, cell: Cell, base: Outcome | None = None, progress: Progress | None = None
    ) -> Outcome:
        """Learn and evaluate. What goes wrong is the cell's outcome; only a stopped run is raised.

        `base` is the outcome of the base on the same tasks: an agent that did not change has it
        too, and is not played again.
        """
        self.restore()
        try:
            found = await _Run(self, cell, progress).outcome(base)
        except RunStopped:
            raise
        except FirsthandError as error:
            found = Outcome(cell=cell, error=str(error))
        except Exception as error:  # an arm's bug must not cost the other cells
            found = Outcome(cell=cell, error=f"{type(error).__name__}: {error}")
        replace_file(self._file(cell), msgspec.json.format(msgspec.json.encode(found)))
        return found

    def restore(self) -> None:
        """Put the base's weights back."""
        if self._weights is not None and isinstance(self.base.model, Trainable):
            self.base.model.load_state(self._weights)
            self.base.model.version = 0

    def eval_tasks(self, cell: Cell) -> list[Task]:
        """Return the held-out tasks, the same for every arm and seed of a world."""
        rules = self.rules
        return tasks(
            cell.environment, rules.eval_tasks, split="eval", level=rules.level, world=cell.world
        )

    def cell_folder(self, cell: Cell) -> Path:
        """Return where a cell keeps its journal."""
        return self.folder / "cells" / cell.folder

    def _file(self, cell: Cell) -> Path:
        return self.cell_folder(cell) / "cell.json"


class _Run:
    """One cell while it runs."""

    def __init__(self, runner: Runner, cell: Cell, progress: Progress | None) -> None:
        self.runner, self.rules, self.cell, self.progress = runner, runner.rules, cell, progress
        self.held_out = runner.eval_tasks(cell)
        self.curve: list[Point] = []
        self.clocks = _clocks()
        self.aside = (0.0, 0.0)
        """Wall and CPU seconds spent beside learning, on points of the curve."""

    async def outcome(self, base: Outcome | None) -> Outcome:
        cell, rules = self.cell, self.rules
        options = dict(rules.options.get(cell.arm, {}))
        if cell.control == "lr0":
            options["learning_rate"] = 0.0
        learner = arm(cell.arm).learner(self.runner.base, options)
        lab = Lab(
            self.runner.base,
            [cell.environment],
            folder=self.runner.cell_folder(cell),
            budget=rules.budget,
            world=cell.world + (controls.OTHER_WORLD if cell.control == "other_world" else 0),
            level=rules.level,
            seed=cell.seed,
            limits=rules.limits,
            concurrency=rules.concurrency,
            alter=controls.alter(cell.control, cell.seed),
            progress=self.progress,
            mark=self.mark,
        )
        self.clocks = _clocks()
        agent = await learner(lab)
        wall, cpu = self.passed()
        if base is not None and not self.changed(agent):
            played: Outcome = base
        else:
            played = await self.scored(agent, lab)
        return msgspec.structs.replace(
            played,
            cell=cell,
            turns=lab.spent,
            tokens=_tokens(lab),
            trained_tokens=trained_tokens(lab.folder),
            wall_s=round(wall, 3),
            cpu_s=round(cpu, 3),
            unplayed=lab.unplayed,
            curve=(*self.curve, self.point(lab, cpu, played.scores[: rules.curve_tasks])),
            changed=self.changed(agent),
        )

    def changed(self, agent: Agent) -> bool:
        """Say whether the agent may act otherwise than the base."""
        model = agent.model
        trained = isinstance(model, Trainable) and model.version > 0
        return trained or model is not self.runner.base.model or agent.id != self.runner.base.id

    async def scored(self, agent: Agent, lab: Lab) -> Outcome:
        """Play the held-out tasks."""
        found = await rollout(
            agent,
            self.held_out,
            limits=self.rules.limits,
            concurrency=self.rules.concurrency,
            journal=lab.journal,
            run="eval",
            progress=self.progress,
        )
        true = tuple(own.true for own in found)
        return Outcome(
            cell=self.cell,
            scores=tuple(own.counted for own in found),
            true=true if any(value is not None for value in true) else (),
            flagged=sum(bool(own.flags) for own in found),
        )

    async def mark(self, agent: Agent, lab: Lab) -> None:
        """Add a point to the learning curve; neither its turns nor its time are counted."""
        before = _clocks()
        _, cpu = self.passed()
        found = await rollout(
            agent,
            self.held_out[: self.rules.curve_tasks],
            limits=self.rules.limits,
            concurrency=self.rules.concurrency,
        )
        self.curve.append(self.point(lab, cpu, [own.counted for own in found]))
        self.aside = _sum(self.aside, _since(before))

    def point(self, lab: Lab, cpu: float, scores: Sequence[float | None]) -> Point:
        known = [score for score in scores if score is not None]
        mean = round(sum(known) / len(known), 4) if known else None
        return Point(lab.spent, _tokens(lab), round(cpu, 3), mean)

    def passed(self) -> tuple[float, float]:
        """Wall and CPU seconds of learning so far."""
        wall, cpu = _since(self.clocks)
        return wall - self.aside[0], cpu - self.aside[1]


def _tokens(lab: Lab) -> int:
    return lab.usage.tokens + trained_tokens(lab.folder)


def _clocks() -> tuple[float, float]:
    return time.monotonic(), time.process_time()


def _since(before: tuple[float, float]) -> tuple[float, float]:
    return time.monotonic() - before[0], time.process_time() - before[1]


def _sum(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return one[0] + other[0], one[1] + other[1]
