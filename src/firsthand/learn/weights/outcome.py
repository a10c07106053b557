"""What a training run shows: its result for programs, its facts, and the report."""

from pathlib import Path
from typing import Any

import msgspec

from firsthand.evaluate.report import Report, write_report
from firsthand.evaluate.statistics import Interval
from firsthand.learn.weights.run import Plan, Trained, curve_points
from firsthand.usage import rounded


def summary(trained: Trained, plan: Plan) -> dict[str, Any]:
    """Return the result for programs: mean scores with their intervals, None where all failed."""
    overall, before, after = trained.comparison.overall, trained.before.score, trained.after.score
    return {
        "before": before and before.mean,
        "before_ci95": before and _ends(before.interval),
        "after": after and after.mean,
        "after_ci95": after and _ends(after.interval),
        "gain": trained.gain,
        "gain_ci95": overall and _ends(overall.difference.interval),
        "n": 0 if overall is None else overall.difference.n,
        "rollouts": trained.rollouts,
        "turns": trained.turns,
        "tokens": trained.tokens,
        "cpu_s": trained.cpu_s,
        "steps": trained.step,
        "curve": msgspec.to_builtins(trained.curve),
        "plan": msgspec.to_builtins(plan),
    }


def facts(trained: Trained, plan: Plan) -> dict[str, str]:
    """Return what is needed to repeat and to judge the run."""
    config = plan.config
    falling = ", falling to 0" if config.schedule == "linear" and plan.recipe == "grpo" else ""
    step = f"batch {config.batch}, rate {config.learning_rate:g}{falling}"
    return {
        "model": plan.model,
        "recipe": plan.recipe,
        "environment": ", ".join(plan.environments),
        "world": str(plan.world),
        "level": plan.told_level,
        "seed": str(plan.seed),
        "rollouts to learn": f"{trained.rollouts:,}, {trained.turns:,} turns",
        "tokens of these": rounded(trained.tokens),
        "optimizer steps": f"{trained.step:,}, {step}",
        "CPU seconds": f"{trained.cpu_s:,.0f}, evaluation included",
        "curve": _axis(plan),
    }


def write(trained: Trained, plan: Plan, folder: Path) -> Path:
    """Write `report.html` and `result.json` and return the report's path."""
    content = msgspec.json.format(msgspec.json.encode(summary(trained, plan)), indent=2)
    (folder / "result.json").write_bytes(content)
    return write_report(
        folder / "report.html",
        Report(
            title=(
                f"{plan.model} trained by {plan.recipe} in {', '.join(plan.environments)}, "
                f"world {plan.world}"
            ),
            before=trained.before,
            after=trained.after,
            comparison=trained.comparison,
            curve=curve_points(trained, plan),
            episodes=list(trained.examples),
            facts=facts(trained, plan),
        ),
    )


def _ends(interval: Interval) -> list[float]:
    return [interval.low, interval.high]


def _axis(plan: Plan) -> str:
    counted = "turns played" if plan.recipe == "grpo" else "episodes imitated, repeats included"
    return f"{plan.curve_tasks} tasks of the gate split a point, by {counted}"
