"""What came of an experiment: for each arm its score, its gain over the base, its price, its curve.

Gains are paired by task within a seed. Intervals resample tasks and seeds together; all
environments count alike, each with the same number of tasks. `control/null` is no part of the
overall lines, unless it is the only one: nothing can be gained there.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean

import msgspec

from firsthand.evaluate.statistics import Estimate, Interval, bootstrap_by_seed_and_task
from firsthand.learn.compare.arms import ARMS
from firsthand.learn.compare.cell import Cell, Outcome, Point
from firsthand.learn.compare.controls import NULL
from firsthand.learn.compare.experiment import Plan

CURVE_POINTS = 6
"""Steps of the budget at which curves of several cells are averaged."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One arm, or a control of it, over some environments and all seeds. None: nothing scored."""

    arm: str
    where: str
    control: str = ""
    environments: tuple[str, ...]
    n_seeds: int
    n_tasks: int
    """Held-out tasks of one seed."""
    score: float | None
    ci95: tuple[float, float] | None
    gain_vs_base: float | None
    gain_ci95: tuple[float, float] | None
    turns: float
    """Mean turns of a cell; so are tokens and seconds."""
    tokens: float
    """Read and sampled at play and, once a pass, in training."""
    trained_tokens: float
    """Those of them that were trained on."""
    cpu_s: float
    wall_s: float
    changed: float
    """Share of the cells whose agent differs from the base."""
    true: float | None = None
    """Mean of the score that was meant, where the environments tell it apart."""
    true_ci95: tuple[float, float] | None = None
    true_gain: float | None = None
    flagged: float = 0.0
    """Share of held-out episodes that look like exploits."""
    curve: tuple[Point, ...] = ()
    failed: tuple[str, ...] = ()
    """Why cells have no score: the name of each, and what went wrong."""

    @property
    def name(self) -> str:
        """What to call it in a table."""
        return f"{self.arm} ({self.control})" if self.control else self.arm


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The experiment in numbers: over all environments, on each, and the controls."""

    model: str
    budget: int
    seeds: int
    eval_tasks: int
    level: int
    environments: tuple[str, ...]
    curve_on: str
    arms: tuple[Line, ...]
    controls: tuple[Line, ...]
    by_environment: dict[str, tuple[Line, ...]]


def summarise(
    plan: Plan, outcomes: Sequence[Outcome], rules_of: Mapping[str, int | str]
) -> Summary:
    """Sum the outcomes up; `rules_of` has model, budget, eval_tasks, curve_tasks and level."""
    known = {outcome.cell: outcome for outcome in outcomes}
    plain = [outcome for outcome in outcomes if not outcome.cell.control]
    table = _Table(plan, known, int(rules_of["budget"]))
    named = plan.environments
    learnable = tuple(name for name in named if name != NULL) or named
    taught = [outcome for outcome in plain if outcome.cell.environment in learnable]
    return Summary(
        model=str(rules_of["model"]),
        budget=int(rules_of["budget"]),
        seeds=plan.seeds,
        eval_tasks=int(rules_of["eval_tasks"]),
        level=int(rules_of["level"]),
        environments=named,
        curve_on=(
            f"the first {rules_of['curve_tasks']} eval tasks, which no learner sees; "
            "their turns are not counted"
        ),
        arms=tuple(table.line(name, taught, learnable) for name in _arms(plan)),
        controls=tuple(table.controls(outcomes)),
        by_environment={
            environment: tuple(
                table.line(
                    name,
                    [own for own in plain if own.cell.environment == environment],
                    [environment],
                )
                for name in _arms(plan)
            )
            for environment in named
        },
    )


def _arms(plan: Plan) -> list[str]:
    return list(dict.fromkeys(("base", *plan.arms)))


class _Table:
    def __init__(self, plan: Plan, known: Mapping[Cell, Outcome], budget: int) -> None:
        self.plan, self.known, self.budget = plan, known, budget

    def controls(self, outcomes: Sequence[Outcome]) -> list[Line]:
        groups: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
        for outcome in outcomes:
            if outcome.cell.control:
                groups[outcome.cell.control, outcome.cell.arm].append(outcome)
        return [
            self.line(name, found, sorted({own.cell.environment for own in found}), control=control)
            for (control, name), found in groups.items()
        ]

    def line(
        self, name: str, outcomes: Sequence[Outcome], named: Sequence[str], *, control: str = ""
    ) -> Line:
        """Put all cells of one arm together: a row a seed, the tasks of all environments side by
        side.
        """
        own = [outcome for outcome in outcomes if outcome.cell.arm == name]
        scored = [outcome for outcome in own if not outcome.error]
        by_seed: dict[int, dict[str, Outcome]] = defaultdict(dict)
        for outcome in scored:
            by_seed[outcome.cell.seed][outcome.cell.environment] = outcome
        seeds = sorted(by_seed)
        tasks = {
            e: max(len(o.scores) for o in scored if o.cell.environment == e)
            for e in {o.cell.environment for o in scored}
        }
        names = [each for each in named if each in tasks]

        def rows(pick: str, *, gain: bool = False) -> list[list[float | None]]:
            return [
                [
                    value
                    for each in names
                    for value in self._values(by_seed[seed].get(each), tasks[each], pick, gain=gain)
                ]
                for seed in seeds
            ]

        has_true = any(outcome.true for outcome in scored)
        score, gain = _estimate(rows("scores")), _estimate(rows("scores", gain=True), signed=True)
        true = _estimate(rows("true")) if has_true else None
        true_gain = _estimate(rows("true", gain=True), signed=True) if has_true else None
        held_out = sum(len(outcome.scores) for outcome in scored)
        return Line(
            arm=name,
            where=ARMS[name].where,
            control=control,
            environments=tuple(named),
            n_seeds=len(seeds),
            n_tasks=sum(tasks.values()),
            score=score.mean if score else None,
            ci95=_ends(score),
            gain_vs_base=gain.mean if gain else None,
            gain_ci95=_ends(gain),
            turns=_mean([outcome.turns for outcome in scored]),
            tokens=_mean([outcome.tokens for outcome in scored]),
            trained_tokens=_mean([outcome.trained_tokens for outcome in scored]),
            cpu_s=_mean([outcome.cpu_s for outcome in scored]),
            wall_s=_mean([outcome.wall_s for outcome in scored]),
            changed=_mean([outcome.changed for outcome in scored]),
            true=true.mean if true else None,
            true_ci95=_ends(true),
            true_gain=true_gain.mean if true_gain else None,
            flagged=sum(outcome.flagged for outcome in scored) / held_out if held_out else 0.0,
            curve=self._curve(scored),
            failed=tuple(f"{bad.cell.name}: {bad.error}" for bad in own if bad.error),
        )

    def _values(
        self, outcome: Outcome | None, n: int, pick: str, *, gain: bool
    ) -> Sequence[float | None]:
        """Return scores by task, or gains over the base; None where a side has none."""
        if outcome is None:
            return [None] * n
        after: Sequence[float | None] = getattr(outcome, pick) or [None] * n
        if not gain:
            return after
        base = self.known.get(self.plan.base_of(outcome.cell))
        before: Sequence[float | None] = (getattr(base, pick) if base else ()) or [None] * n
        return [
            None if old is None or new is None else new - old
            for old, new in zip(before, after, strict=True)
        ]

    def _curve(self, outcomes: Sequence[Outcome]) -> tuple[Point, ...]:
        """Average the curves of cells at equal steps of the budget: what each had come to by then.

        A cell begins with the base's score.
        """
        curves = [_with_start(outcome, self._start(outcome)) for outcome in outcomes]
        if not any(outcome.turns for outcome in outcomes):
            return ()
        found: list[Point] = []
        for step in range(CURVE_POINTS + 1):
            most = self.budget * step / CURVE_POINTS if step < CURVE_POINTS else float("inf")
            here = [
                [point for point in curve if point.turns <= most and point.score is not None][-1]
                for curve in curves
                if curve and curve[0].score is not None
            ]
            if here:
                scores = [point.score for point in here if point.score is not None]
                found.append(
                    Point(
                        round(fmean(point.turns for point in here)),
                        round(fmean(point.tokens for point in here)),
                        round(fmean(point.cpu_s for point in here), 3),
                        round(fmean(scores), 4),
                    )
                )
        return tuple(dict.fromkeys(found))

    def _start(self, outcome: Outcome) -> float | None:
        base = self.known.get(self.plan.base_of(outcome.cell))
        return base.curve[-1].score if base and base.curve else None


def _with_start(outcome: Outcome, start: float | None) -> list[Point]:
    return [Point(0, 0, 0.0, start), *outcome.curve]


def _estimate(
    values_S_T: Sequence[Sequence[float | None]], *, signed: bool = False
) -> Estimate | None:
    if not any(value is not None for row in values_S_T for value in row):
        return None
    return bootstrap_by_seed_and_task(values_S_T, signed=signed)


def _ends(estimate: Estimate | None) -> tuple[float, float] | None:
    if estimate is None:
        return None
    found: Interval = estimate.interval
    return found.low, found.high


def _mean(values: Sequence[float]) -> float:
    return round(fmean(values), 3) if values else 0.0
