"""What a learner shows of its run: the facts, the report and the lines for the terminal."""

from pathlib import Path
from typing import Any

import msgspec

from firsthand.evaluate.evaluate import Evaluation
from firsthand.evaluate.report import Report, write_report
from firsthand.learn.lessons.gate import GAIN, Local, Verdict, amount
from firsthand.learn.lessons.learned import Learned
from firsthand.learn.lessons.settings import LearnConfig
from firsthand.usage import table_rows

UNEXPLAINED = 0.1
"""How much higher than the final score the curve may end without a word: twice the interval of a
round.
"""


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
        **({"why": explained} if (explained := explanation(learned)) else {}),
        **({"problems": "; ".join(learned.problems)} if learned.problems else {}),
        **(
            {"effects that cannot be told": ", ".join(learned.unidentified)}
            if learned.unidentified
            else {}
        ),
        **(
            {"reaction to lessons": " ".join(found.told() for found in learned.reactions)}
            if learned.reactions
            else {}
        ),
        **({"vote": vote_line(learned.vote)} if learned.vote else {}),
        **{f"{phase} took": took for phase, took in table_rows(learned.spent)},
    }


def explanation(learned: Learned) -> str:
    """Say why the curve ends higher than the final comparison does; empty when it does not."""
    after, awake = learned.after.score, learned.curve[-1].score if learned.curve else 0.0
    if after is None or awake - after.mean < UNEXPLAINED:
        return ""
    return (
        f"While exploring the score reached {awake:.2f}, with lessons on probation in the prompt. "
        f"The final comparison ({after.mean:.2f}) plays only what a gate deployed."
    )


def _flagged(learned: Learned, config: LearnConfig) -> str:
    if not learned.flagged:
        return "no episode"
    reasons = ", ".join(f"{reason} {n}" for reason, n in learned.flagged.items())
    return (
        f"{reasons}; nothing was learned from them"
        if config.exclude_flagged
        else f"{reasons}; learned from like all others"
    )


def vote_line(vote: Evaluation) -> str:
    """Say how the deployed examples do without the model."""
    if vote.score is None:
        return "every episode failed"
    low, high = vote.score.interval.low, vote.score.interval.high
    return (
        f"{vote.score.mean:.2f} [{low:.2f}, {high:.2f}]: a nearest-neighbour vote over the same "
        "lessons on the same tasks, without a model"
    )


def verdict_line(verdict: Verdict) -> str:
    """Say what a gate decided in each environment, and on what."""
    several = len(verdict.environments) > 1
    told = [_local(local, named=several) for local in verdict.environments]
    return f"gate {verdict.gate}: " + "; ".join(told or ["no environment had anything new"])


def _local(local: Local, *, named: bool) -> str:
    decision = "deployed" if local.deployed else "kept the old playbook"
    evidence = f"evidence {amount(local.e_value)} of {amount(1 / local.alpha)} needed"
    found = f"{local.difference:+.2f} over {local.pairs} pairs, {evidence}"
    chance = f"power {local.power:.2f} for a true gain of +{GAIN:g}"
    failed = f", {local.failed} more pairs failed" if local.failed else ""
    where = f"{local.environment} " if named else ""
    why = "" if local.deployed else f", because {local.reason}"
    return f"{where}{decision}{why} ({found}{failed}; {chance})"


def write(learned: Learned, config: LearnConfig, folder: Path) -> Path:
    """Write `report.html` and `result.json` and return the report's path."""
    (folder / "result.json").write_bytes(
        msgspec.json.format(msgspec.json.encode(summary(learned, config)), indent=2)
    )
    return write_report(
        folder / "report.html",
        Report(
            title=(
                f"What {learned.agent.model.name} learned in "
                f"{', '.join(learned.before.environments)}, world {config.world}"
            ),
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
        "vote": msgspec.to_builtins(learned.vote),
        "problems": list(learned.problems),
        "reactions": msgspec.to_builtins(learned.reactions),
        "unidentified": list(learned.unidentified),
        "spent": msgspec.to_builtins(learned.spent),
    }
