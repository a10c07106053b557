"""What a learner shows of its run: the facts, the report and the lines for the terminal."""

from pathlib import Path
from typing import Any

import msgspec

from firsthand.evaluate.report import Report, write_report
from firsthand.learn.lessons.gate import Verdict
from firsthand.learn.lessons.learner import LearnConfig, Learned


def facts(learned: Learned, config: LearnConfig) -> dict[str, str]:
    """Return what is needed to repeat and to judge the run."""
    states = {
        state: sum(lesson.state == state for lesson in learned.working.lessons)
        for state in ("core", "probation", "retired")
    }
    return {
        "model": learned.agent.model.name,
        "environment": ", ".join(learned.before.environments),
        "world": str(config.world),
        "level": str(config.level),
        "learner seed": str(config.seed),
        "rollouts while awake": str(learned.rollouts),
        "flagged while awake": _flagged(learned, config),
        "lessons": ", ".join(f"{n} {state}" for state, n in states.items()),
        "gates": "; ".join(verdict_line(verdict) for verdict in learned.verdicts)
        or "none: no lesson earned its place",
        "deployed": f"playbook version {learned.agent.playbook.version}"
        if any(verdict.deployed for verdict in learned.verdicts)
        else "nothing",
    }


def _flagged(learned: Learned, config: LearnConfig) -> str:
    if not learned.flagged:
        return "no episode"
    reasons = ", ".join(f"{reason} {n}" for reason, n in learned.flagged.items())
    return (
        f"{reasons}; nothing was learned from them"
        if config.exclude_flagged
        else f"{reasons}; learned from like all others"
    )


def verdict_line(verdict: Verdict) -> str:
    """Say what a gate decided, and on what."""
    decision = "deployed" if verdict.deployed else "kept the old playbook"
    evidence = f"evidence {_short(verdict.e_value)} of {_short(1 / verdict.alpha)} needed"
    return f"gate {verdict.gate} {decision}: {verdict.difference:+.2f} over {verdict.pairs} pairs, {evidence}"


def write(learned: Learned, config: LearnConfig, folder: Path) -> Path:
    """Write `report.html` and `result.json` and return the report's path."""
    (folder / "result.json").write_bytes(
        msgspec.json.format(msgspec.json.encode(summary(learned, config)), indent=2)
    )
    return write_report(
        folder / "report.html",
        Report(
            title=f"What {learned.agent.model.name} learned in {', '.join(learned.before.environments)}, world {config.world}",
            before=learned.before,
            after=learned.after,
            comparison=learned.comparison,
            curve=list(learned.curve),
            playbook=learned.working,
            episodes=list(learned.examples),
            facts=facts(learned, config),
        ),
    )


def summary(learned: Learned, config: LearnConfig) -> dict[str, Any]:
    """Return the result for programs."""
    return {
        "facts": facts(learned, config),
        "gain": learned.gain,
        "comparison": msgspec.to_builtins(learned.comparison),
        "verdicts": msgspec.to_builtins(learned.verdicts),
        "curve": msgspec.to_builtins(learned.curve),
    }


def _short(value: float) -> str:
    return f"{value:.3g}" if value < 1e6 else "over a million"
