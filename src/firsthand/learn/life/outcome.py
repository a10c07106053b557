"""What a life came to: transfer, retention, what sleep changed, and the page that shows it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from firsthand.evaluate.curve import CurvePoint
from firsthand.evaluate.html import render
from firsthand.evaluate.statistics import (
    Difference,
    Estimate,
    Interval,
    bootstrap_by_task,
    paired_difference,
)
from firsthand.evaluate.wording import interval, number
from firsthand.learn.life.life import Lived
from firsthand.learn.life.settings import Arm
from firsthand.learn.life.stage import HeldOut, Stage
from firsthand.playbook import replace_file

MEANING = {
    "life": "learns, sleeps and remembers",
    "fresh": "control: begins every stage knowing nothing",
    "no_sleep": "control: learns and remembers, and never sleeps",
    "shuffled": "control: learns from outcomes dealt out at random",
}


class ArmResult(msgspec.Struct, frozen=True):
    """One arm at the end of its last stage."""

    arm: Arm
    means: str
    score: Estimate
    """Over the held-out tasks of every place it has been to, with what it knows at the end; for
    `fresh` with what it had just learned there."""
    plays: int
    lessons: int
    """In use, over all places."""
    curve: tuple[CurvePoint, ...]
    """The same score after every stage, against the episodes played so far."""


class Result(msgspec.Struct, frozen=True):
    """The questions that a life answers; None: nothing in its schedule tells."""

    arms: tuple[ArmResult, ...]
    forward: Difference | None
    """In new places before anything is learned there: life - fresh."""
    returns: Difference | None
    """On coming back, before anything is learned again: life - fresh."""
    retained: Difference | None
    """Places left behind: at the end - when they were left."""
    sleep: Difference | None
    """Right after sleep - right before."""
    tokens: tuple[int, int]
    """Tokens of the playbooks that slept, before and after, all nights together."""
    worlds: int
    families: int


def result(lived: Lived) -> Result:
    """Answer the questions from the stages."""
    life, fresh = lived.of("life"), lived.of("fresh")
    pairs = list(zip(fresh, life, strict=False))
    nights = [stage for stage in life if stage.night is not None]
    left = {stage.place.name: stage.asleep for stage in life}
    now = life[-1].retention if life else {}
    gone = [name for name in now if life and name != life[-1].place.name]
    places = lived.config.schedule
    return Result(
        tuple(_arm(lived.of(arm)) for arm in lived.config.arms if lived.of(arm)),
        _difference((f.before, s.before) for f, s in pairs if not s.visit),
        _difference((f.before, s.before) for f, s in pairs if s.visit),
        _difference((left[name], now[name]) for name in gone),
        _difference((stage.after, stage.asleep) for stage in nights),
        (
            sum(stage.night.tokens[0] for stage in nights if stage.night),
            sum(stage.night.tokens[1] for stage in nights if stage.night),
        ),
        len({(place.environment, place.world) for place in places}),
        len({place.environment for place in places}),
    )


def _difference(sides: Iterable[tuple[HeldOut, HeldOut]]) -> Difference | None:
    """Return the paired difference over the tasks of all places together."""
    pairs = [
        (old, new)
        for before, after in sides
        for old, new in zip(before.scores, after.scores, strict=True)
        if old is not None and new is not None
    ]
    if not pairs:
        return None
    return paired_difference([old for old, _ in pairs], [new for _, new in pairs])


def _arm(stages: Sequence[Stage]) -> ArmResult:
    curve: list[CurvePoint] = []
    plays, latest = 0, dict[str, HeldOut]()
    score = Estimate(0.0, Interval(0.0, 1.0), 0)
    lessons: dict[str, int] = {}
    for stage in stages:
        plays += stage.plays
        latest |= {stage.place.name: stage.asleep, **stage.retention}
        lessons[stage.place.name] = sum(stage.origins.values())
        score = _pooled(latest.values())
        label = f"{stage.number}"
        low, high = score.interval.low, score.interval.high
        curve.append(CurvePoint(plays, score.mean, low, high, label))
    arm = stages[0].arm
    return ArmResult(arm, MEANING[arm], score, plays, sum(lessons.values()), tuple(curve))


def _pooled(found: Iterable[HeldOut]) -> Estimate:
    scores = [[score] for own in found for score in own.scores if score is not None]
    if not scores:
        return Estimate(0.0, Interval(0.0, 1.0), 0)
    mean = sum(score for (score,) in scores) / len(scores)
    return Estimate(mean, bootstrap_by_task(scores), len(scores))


def told(difference: Difference | None) -> str:
    """Write a difference with its interval and n; what was never tried is said to be."""
    if difference is None:
        return "not tried in this schedule"
    mean, found = difference.mean, difference.interval
    return f"{number(mean, signed=True)} {interval(found, signed=True)} (n = {difference.n} tasks)"


def questions(found: Result) -> list[tuple[str, str]]:
    """Return question and answer, for the terminal and the page."""
    before, after = found.tokens
    return [
        ("forward transfer: new places, before learning there, life - fresh", told(found.forward)),
        ("coming back, before learning again, life - fresh", told(found.returns)),
        ("retention: places left behind, at the end - when left", told(found.retained)),
        ("sleep: right after - right before", told(found.sleep)),
        ("playbook tokens before and after sleep, all nights", f"{before:,} -> {after:,}"),
    ]


def line(stage: Stage) -> str:
    """Say what happened in a stage."""
    parts = [f"{number(stage.before.mean)} -> {number(stage.asleep.mean)}"]
    parts[0] += f" [{number(stage.asleep.low)}, {number(stage.asleep.high)}] n={stage.asleep.n}"
    if stage.arrival is not None:
        passed = "used" if stage.arrival.deployed else "not used"
        gain = number(stage.arrival.difference, signed=True)
        parts.append(f"lessons of other worlds {passed} ({gain} on {stage.arrival.pairs} pairs)")
    parts.append(f"{len(stage.new)} new lessons")
    if stage.night is not None:
        before, after = stage.night.lessons
        parts.append(f"slept: {before} -> {after} lessons")
    parts.append(f"{stage.plays} plays")
    return f"stage {stage.number} {stage.place.name} {stage.arm}: {', '.join(parts)}"


def summary(lived: Lived) -> dict[str, Any]:
    """Return everything for programs."""
    found = result(lived)
    return {
        "model": lived.model,
        **msgspec.to_builtins(found),
        "stages": msgspec.to_builtins(lived.stages),
    }


def write(lived: Lived, folder: Path, *, facts: dict[str, str] | None = None) -> Path:
    """Write `result.json` and `life.html`, and return the page. Raises `MissingExtra`."""
    content = msgspec.json.format(msgspec.json.encode(summary(lived)), indent=1)
    replace_file(folder / "result.json", content)
    path = folder / "life.html"
    replace_file(path, page(lived, facts or {}).encode())
    return path


def page(lived: Lived, facts: dict[str, str]) -> str:
    """Return the page. Raises `MissingExtra` without jinja2."""
    from firsthand.evaluate import plots  # deferred: needs markupsafe, which comes with jinja2

    found = result(lived)
    life = lived.of("life")
    values: dict[str, Any] = {
        "lived": lived,
        "found": found,
        "facts": {"model": lived.model, **facts},
        "questions": questions(found),
        "curves": [(own, plots.learning_curve(own.curve)) for own in found.arms],
        "life": life,
        "places": list(life[-1].retention) if life else [],
        "number": number,
        "typeset": plots.typeset,
    }
    return render("firsthand.learn.life", "page", "life.html", values)
