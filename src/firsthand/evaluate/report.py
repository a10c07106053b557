"""The HTML report: one static file with everything in it, to be read now and kept.

No network, no scripts: the page forbids both to itself, because it quotes what environments and models
said (law 12). The words are in `page/report.html`, the looks in `page/report.css`.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment as Templates
from jinja2 import PackageLoader, StrictUndefined

from firsthand import __version__
from firsthand.environment import Action
from firsthand.episode import Episode, Turn
from firsthand.evaluate import plots
from firsthand.evaluate.evaluate import Comparison, Evaluation
from firsthand.evaluate.plots import CurvePoint
from firsthand.evaluate.wording import cost, flagged, interval, left_out, number, p_value, remarks
from firsthand.playbook import Lesson, Playbook

LESSONS_SHOWN = 60
EPISODES_SHOWN = 12
CHOICES_SHOWN = 6
LONGEST_TEXT = 4000
_STATES = ("core", "probation", "retired")


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a report may contain; a section without content is left out.

    `facts` are shown as they are, in order: model, rollouts, seconds, the command that was run, …
    """

    title: str
    before: Evaluation | None = None
    after: Evaluation | None = None
    comparison: Comparison | None = None
    curve: Sequence[CurvePoint] = ()
    playbook: Playbook | None = None
    episodes: Sequence[Episode] = ()
    facts: dict[str, str] = {}


def write_report(path: Path, report: Report) -> Path:
    """Write the report as one HTML file, its folders included, and return the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # A lone surrogate that a model produced must not cost the report.
    path.write_bytes(render(report).encode("utf-8", "backslashreplace"))
    return path


def render(report: Report) -> str:
    """Return the report as HTML."""
    lessons = ranked(report.playbook.lessons) if report.playbook else []
    credits = [(lesson.credit.mean, lesson.credit.sd) for lesson in lessons if lesson.credit]
    page = Templates(
        loader=PackageLoader("firsthand.evaluate", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template("report.html")
    return page.render(
        report=report,
        tiles=_tiles(report),
        curve=plots.learning_curve(report.curve) if report.curve else None,
        levels=plots.level_bars(report.before, report.after),
        differences=_differences(report.comparison),
        lessons=lessons,
        states={state: sum(lesson.state == state for lesson in lessons) for state in _STATES},
        axis=plots.credit_scale(credits) if credits else None,
        known=report.playbook.by_id if report.playbook else {},
        lessons_shown=LESSONS_SHOWN,
        episodes_shown=EPISODES_SHOWN,
        number=number,
        typeset=plots.typeset,
        mark=plots.credit_mark,
        credit_axis=plots.credit_axis,
        spoken=spoken,
        clipped=clipped,
        likeliest=likeliest,
        cost=cost,
        flagged=flagged,
        left_out=left_out,
        remarks=remarks,
        version=__version__,
    )


def ranked(lessons: Sequence[Lesson]) -> list[Lesson]:
    """Sort lessons: those in use first, then by credit, those without any last."""
    return sorted(
        lessons,
        key=lambda lesson: (
            _STATES.index(lesson.state),
            -lesson.credit.mean if lesson.credit else math.inf,
        ),
    )


class Tile(msgspec.Struct, frozen=True):
    """One headline number; `tone` is before, after, gain, loss or empty."""

    name: str
    value: str
    interval: str
    note: str
    tone: str = ""


def _tiles(report: Report) -> list[Tile]:
    overall = report.comparison.overall if report.comparison else None
    if overall is None:
        return [tile for side in ("before", "after") for tile in _evaluation_tiles(report, side)]
    difference = overall.difference
    p = f", McNemar {p_value(difference.p)}" if difference.p is not None else ""
    clear = difference.interval.low > 0 or difference.interval.high < 0
    return [
        *(
            Tile(
                f"Mean score {name}",
                number(side.mean),
                interval(side.interval),
                f"n = {side.n} tasks",
                name,
            )
            for name, side in (("before", overall.before), ("after", overall.after))
        ),
        Tile(
            "Paired difference",
            plots.typeset(number(difference.mean, signed=True)),
            plots.typeset(interval(difference.interval, signed=True)),
            f"n = {difference.n} tasks: {difference.better} better, {difference.same} same, {difference.worse} worse{p}",
            ("gain" if difference.mean > 0 else "loss") if clear else "",
        ),
    ]


def _evaluation_tiles(report: Report, side: str) -> list[Tile]:
    found: Evaluation | None = report.before if side == "before" else report.after
    if found is None:
        return []
    suffix = f" {side}" if report.before and report.after else ""
    scored = found.episodes - found.failed
    named = [("Success rate", found.success)]
    if found.graded:
        named.append(("Mean score", found.score))
    if found.true is not None:
        named.append(("True score", found.true))
    named += [(f"pass@{k}", estimate) for k, estimate in list(found.pass_at.items())[-1:]]
    tiles: list[Tile] = []
    for name, estimate in named:
        if estimate is None:
            tiles.append(
                Tile(
                    name + suffix, "none", "", f"n = 0: all {found.episodes} episodes failed", side
                )
            )
        else:
            repeats = f", {scored} episodes" if scored != estimate.n else ""
            tiles.append(
                Tile(
                    name + suffix,
                    number(estimate.mean),
                    interval(estimate.interval),
                    f"n = {estimate.n} tasks{repeats}",
                    side,
                )
            )
    return tiles


def _differences(comparison: Comparison | None) -> Any:
    if comparison is None or comparison.overall is None:
        return None
    named = list(comparison.environments.items())
    return plots.differences(
        [*named, ("all environments", comparison.overall)] if len(named) > 1 else named
    )


def spoken(action: Action) -> str:
    """Write an action as text: what was said, then each call as `tool(name=value)`."""
    calls = [
        f"{call.name}({', '.join(f'{key}={_value(value)}' for key, value in call.arguments.items())})"
        for call in action.calls
    ]
    return "\n".join(part for part in (action.text, *calls) if part)


def _value(value: Any) -> str:
    """Write an argument for a reader: as JSON, but with the line breaks of a text kept as they are."""
    return f'"{value}"' if isinstance(value, str) else msgspec.json.encode(value).decode()


def clipped(text: str) -> str:
    """Cut a long text and say how much is missing."""
    missing = len(text) - LONGEST_TEXT
    return f"{text[:LONGEST_TEXT]} … ({missing:,} more characters)" if missing > 0 else text


def likeliest(turn: Turn) -> list[tuple[str, float, bool]]:
    """Return the options with the most probability, best first, and whether each was picked; the picked one is always there."""
    chances = [
        (option, math.exp(min(0.0, logprob)), option == turn.action.text)
        for option, logprob in turn.choices.items()
    ]
    chances.sort(key=lambda chance: -chance[1])
    return chances[:CHOICES_SHOWN] + [chance for chance in chances[CHOICES_SHOWN:] if chance[2]]
