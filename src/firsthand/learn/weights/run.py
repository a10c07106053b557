"""A whole training run in a folder: before, a recipe with its learning curve, after; resumable.

The folder holds the journal of everything that was played, `training.jsonl` with one line an
optimizer step, and `weights/`. Held-out tasks are played before and after only; the curve is
measured on tasks of the `gate` split, so that nobody chooses when to stop by looking at them.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.errors import UserError
from firsthand.evaluate.curve import CurvePoint
from firsthand.evaluate.evaluate import Comparison, Evaluation, compare, summarise
from firsthand.learn.curriculum import Curriculum, Place, places
from firsthand.learn.lab import Lab
from firsthand.learn.weights import recipes
from firsthand.learn.weights.presets import Recipe
from firsthand.learn.weights.settings import TrainConfig
from firsthand.learn.weights.written import trained_tokens
from firsthand.models.trainable import Trainable
from firsthand.playbook import replace_file
from firsthand.registry import tasks
from firsthand.rollout.play import Limits
from firsthand.rollout.pool import rollout
from firsthand.task import Split, Task
from firsthand.usage import Meter, Usage

WAVE = 256
"""Most episodes at once: a wave is sampled in few forward passes."""

CURVE = "curve.json"

EXAMPLES = 6
"""Held-out episodes that the report shows."""

Watch = Callable[[str, int], Callable[[Episode], None]]


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What decides a training run from its first episode on."""

    environments: tuple[str, ...]
    model: str
    recipe: Recipe
    config: TrainConfig
    budget: int
    """Turns of the environment that may be played to learn."""
    world: int = 0
    level: int = 1
    curriculum: Literal["", "uniform", "learnability"] = ""
    """How levels 1 to `level` of all environments share the turns; empty: only `level` is played,
    each environment as often."""
    seed: int = 0
    eval_tasks: int = 200
    """Held-out tasks of each environment."""
    curve_tasks: int = 40
    """Tasks of the gate split of each environment for one point of the curve."""
    curve_points: int = 4
    """Points of the curve between before and after."""
    teacher: str = ""
    """Who teaches in `distil`: its agent's id."""
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        for name in ("budget", "eval_tasks", "curve_tasks"):
            if getattr(self, name) < 1:
                raise UserError(f"{name} must be at least 1, got {getattr(self, name)}.")
        if self.curriculum == "learnability" and self.recipe == "sft":
            raise UserError(
                "sft plays as the expert, whose success does not say what the student can learn: "
                "take --curriculum uniform, or another recipe."
            )
        if self.curriculum:
            self.places()

    @property
    def told_level(self) -> str:
        """What to tell people about the levels."""
        return f"1 to {self.level}, {self.curriculum}" if self.curriculum else str(self.level)

    def places(self) -> list[Place]:
        """Return the environments and levels that are learned and evaluated."""
        if self.curriculum:
            return places(self.environments, self.level)
        return [Place(name, self.level) for name in self.environments]

    def tasks(self, n: int, split: Split) -> list[Task]:
        """Return n tasks of each environment, spread over its levels."""
        own = self.places()
        levels = Counter(environment for environment, _ in own)
        return [
            task
            for environment, level in own
            for task in tasks(
                environment,
                math.ceil(n / levels[environment]),
                split=split,
                level=level,
                world=self.world,
            )
        ]


class Point(msgspec.Struct, frozen=True):
    """The learning curve after so many turns and optimizer steps; n tasks of the gate split."""

    turns: int
    step: int
    score: float
    low: float
    high: float
    n: int
    tokens: int
    cpu_s: float


class Trained(msgspec.Struct, frozen=True):
    """What a training run found."""

    agent: Agent
    before: Evaluation
    after: Evaluation
    comparison: Comparison
    curve: tuple[Point, ...]
    rollouts: int
    turns: int
    tokens: int
    """Tokens that the model read and sampled to learn: at play and, once a pass, in training."""
    cpu_s: float
    """Seconds of CPU of all processes that worked on this run, evaluation included."""
    step: int
    examples: tuple[Episode, ...] = ()

    @property
    def gain(self) -> float | None:
        """After minus before, paired by task; None where no task was scored by both."""
        overall = self.comparison.overall
        return None if overall is None else overall.difference.mean


async def train(
    agent: Agent,
    plan: Plan,
    *,
    folder: Path,
    teacher: Agent | None = None,
    resume: bool = False,
    meter: Meter | None = None,
    watch: Watch | None = None,
    note: Callable[[Mapping[str, Any]], None] | None = None,
) -> Trained:
    """Train the agent's model in place by a recipe, and compare before and after.

    `watch` is asked for a callback by phase and number of episodes, `note` gets what is written
    down of every optimizer step. Raises `UserError` where the folder holds another run, or this one
    and `resume` is not set.
    """
    if not isinstance(agent.model, Trainable):
        raise UserError(f"{agent.model.name} cannot be trained: name tiny or torch:smollm2.")
    _claim(folder, plan, resume=resume)
    run = _Run(agent, plan, folder, meter or Meter(), watch or _silent, note)
    return await run.whole(teacher)


def read_plan(folder: Path) -> Plan | None:
    """Return what a folder's run was started with; None: there is none."""
    try:
        return msgspec.json.decode((folder / "config.json").read_bytes(), type=Plan)
    except (OSError, msgspec.MsgspecError, ValueError):
        return None


def changes(started: Plan, now: Plan) -> str:
    """Name what differs between two plans; empty where nothing does."""
    before, after = msgspec.to_builtins(started), msgspec.to_builtins(now)
    return ", ".join(f"{name}={was!r}" for name, was in before.items() if was != after[name])


def _claim(folder: Path, plan: Plan, *, resume: bool) -> None:
    started = read_plan(folder)
    if started is not None and (changed := changes(started, plan)):
        raise UserError(
            f"{folder} holds another run, which was started with {changed}. Resume it with the "
            "same, or choose another folder."
        )
    if not resume and (started is not None or (folder / "journal").exists()):
        raise UserError(
            f"{folder} already holds a run. Resume it (--resume), or choose another folder."
        )
    content = msgspec.json.format(msgspec.json.encode(plan), indent=2)
    replace_file(folder / "config.json", content)


class _Run:
    def __init__(
        self,
        agent: Agent,
        plan: Plan,
        folder: Path,
        meter: Meter,
        watch: Watch,
        note: Callable[[Mapping[str, Any]], None] | None,
    ) -> None:
        self.agent, self.plan, self.folder = agent, plan, folder
        self.meter, self.watch = meter, watch
        self.clock = _Clock(folder / "cpu.json")
        self.curve: list[Point] = []
        self.lab = Lab(
            agent,
            plan.environments,
            folder=folder,
            budget=plan.budget,
            world=plan.world,
            level=plan.level,
            seed=plan.seed,
            limits=plan.limits,
            concurrency=WAVE,
            run="learn",
            meter=meter,
            progress=self._progress,
            mark=self._mark,
            note=note,
            curriculum=_curriculum(plan),
        )
        self._step: Callable[[Episode], None] | None = None

    async def whole(self, teacher: Agent | None) -> Trained:
        plan = self.plan
        self.meter.begin("before")
        before = await self._played("before", self.agent, plan.eval_tasks, "eval")
        self.meter.begin("learning")
        learned = await self._learn(teacher)
        self.meter.begin("after")
        after = await self._played("after", learned, plan.eval_tasks, "eval")
        spent = [*self.lab.journal.episodes(run="learn")]
        return Trained(
            agent=learned,
            before=summarise(before),
            after=summarise(after),
            comparison=compare(before, after),
            curve=tuple(self.curve),
            rollouts=len(spent),
            turns=self.lab.spent,
            tokens=_tokens(spent) + trained_tokens(self.folder),
            cpu_s=self.clock.seconds(),
            step=_step_of(learned),
            examples=tuple(after[:EXAMPLES]),
        )

    async def _learn(self, teacher: Agent | None) -> Agent:
        plan = self.plan
        config = msgspec.structs.replace(plan.config, mark_every=_every(plan))
        if plan.recipe == "distil":
            if teacher is None:
                raise UserError(
                    "distil needs a teacher: an agent that knows what is to be learned."
                )
            return await recipes.distil(self.lab, config, teacher=teacher)
        return await getattr(recipes, plan.recipe)(self.lab, config)

    async def _mark(self, agent: Agent, lab: Lab) -> None:
        """Measure a point of the curve; a run that goes on has the first ones already."""
        self._step = None
        kept, number = _kept(self.folder), len(self.curve)
        if number < len(kept):
            self.curve.append(kept[number])
            return
        name = f"curve-{number + 1}"
        found = summarise(await self._played(name, agent, self.plan.curve_tasks, "gate")).score
        if found is None:
            return
        low, high = found.interval.low, found.interval.high
        tokens = _tokens([*lab.journal.episodes(run="learn")]) + trained_tokens(self.folder)
        step, spent = _step_of(agent), self.clock.seconds()
        self.curve.append(Point(lab.spent, step, found.mean, low, high, found.n, tokens, spent))
        replace_file(self.folder / CURVE, msgspec.json.encode(self.curve))

    async def _played(self, name: str, agent: Agent, n: int, split: Split) -> list[Episode]:
        plan, played = self.plan, self.plan.tasks(n, split)
        return await rollout(
            agent,
            played,
            limits=plan.limits,
            concurrency=WAVE,
            journal=self.lab.journal,
            run=name,
            resume=True,
            progress=self.watch(name, len(played)),
            meter=self.meter,
        )

    def _progress(self, episode: Episode) -> None:
        if self._step is None:
            self._step = self.watch("learning, in turns", self.plan.budget)
        self._step(episode)


class _Clock:
    """CPU seconds of this process and of those before it that worked on the same run."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._started = time.process_time()
        try:
            self._earlier = msgspec.json.decode(path.read_bytes(), type=float)
        except (OSError, msgspec.MsgspecError):
            self._earlier = 0.0

    def seconds(self) -> float:
        """Return them, and write them down for the next process."""
        total = round(self._earlier + time.process_time() - self._started, 2)
        replace_file(self._path, msgspec.json.encode(total))
        return total


def curve_points(trained: Trained, plan: Plan) -> list[CurvePoint]:
    """Return the curve for a report: by turns where playing goes on, else by episodes imitated."""
    playing = plan.recipe == "grpo"
    return [
        CurvePoint(
            point.turns if playing else point.step * plan.config.batch,
            point.score,
            point.low,
            point.high,
        )
        for point in trained.curve
    ]


def _every(plan: Plan) -> int:
    """Return the places between points of the curve, so that there are about as many as asked."""
    config, rows = plan.config, plan.budget
    if plan.recipe == "grpo":
        places = plan.budget / (config.batch * config.plays * len(plan.environments))
    else:
        if plan.recipe == "filtered_sft":
            rows = plan.budget // config.plays
        rows = min(rows, config.demonstrations or rows)
        places = rows * config.epochs / config.batch
    return max(1, math.ceil(places / (plan.curve_points + 1)))


def _tokens(episodes: Sequence[Episode]) -> int:
    return sum((episode.usage or Usage()).tokens for episode in episodes)


def _step_of(agent: Agent) -> int:
    return agent.model.version if isinstance(agent.model, Trainable) else 0


def _kept(folder: Path) -> list[Point]:
    try:
        return msgspec.json.decode((folder / CURVE).read_bytes(), type=list[Point])
    except (OSError, msgspec.MsgspecError):
        return []


def _curriculum(plan: Plan) -> Curriculum | None:
    if not plan.curriculum:
        return None
    return Curriculum(plan.places(), rule=plan.curriculum, seed=plan.seed)


def _silent(_phase: str, _n: int) -> Callable[[Episode], None]:
    return lambda episode: None
