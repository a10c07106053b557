"""What stands on the page of a report, and in what order. The words are in `page/report.html`.

Sizes are bounded: so many episodes, turns, results and lessons, and so many characters of each
field.
"""

import itertools
import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec

from firsthand import __version__
from firsthand.actions import spoken
from firsthand.episode import Episode, Turn
from firsthand.evaluate import plots
from firsthand.evaluate.evaluate import Comparison, Evaluation
from firsthand.evaluate.html import render
from firsthand.evaluate.report import Report
from firsthand.evaluate.wording import cost, flagged, interval, left_out, number, p_value, remarks
from firsthand.playbook import Lesson

EPISODES_SHOWN = 12
TURNS_SHOWN = 30
"""Of an episode; of a longer one, the first 20 and the last 10."""
RESULTS_SHOWN = 8
CHOICES_SHOWN = 6
CALLS_SHOWN = 8
LESSONS_SHOWN = 60
"""Rows; lessons of one effect share a row."""
LESSONS_FOLDED = 600
"""More rows, behind a fold."""
ALIKE_SHOWN = 200
"""Lessons of one effect that are listed."""
FEWEST_ALIKE = 3
"""So many lessons of one effect share a row: 65 equal bars would bury the episodes under them."""
_STATES = ("core", "probation", "absorbed", "retired")


def page(report: Report) -> str:
    """Return the report as HTML."""
    lessons = ranked(report.playbook.lessons) if report.playbook else []
    credits = [(lesson.credit.mean, lesson.credit.sd) for lesson in lessons if lesson.credit]
    values = {
        "report": report,
        "tiles": _tiles(report),
        "curve": plots.learning_curve(report.curve) if report.curve else None,
        "levels": plots.level_bars(report.before, report.after),
        "differences": _differences(report.comparison),
        "groups": alike(lessons),
        "states": {state: sum(lesson.state == state for lesson in lessons) for state in _STATES},
        "axis": plots.credit_scale(credits) if credits else None,
        "known": report.playbook.by_id if report.playbook else {},
        "lessons_shown": LESSONS_SHOWN,
        "lessons_folded": LESSONS_FOLDED,
        "alike_shown": ALIKE_SHOWN,
        "episodes_shown": EPISODES_SHOWN,
        "results_shown": RESULTS_SHOWN,
        "number": number,
        "typeset": plots.typeset,
        "mark": plots.credit_mark,
        "credit_axis": plots.credit_axis,
        "spoken": partial(spoken, most=CALLS_SHOWN),
        "turns": turns,
        "shortly": shortly,
        "own": own,
        "likeliest": likeliest,
        "cost": cost,
        "flagged": flagged,
        "left_out": left_out,
        "remarks": remarks,
        "version": __version__,
    }
    return render("firsthand.evaluate", "page", "report.html", values)


def ranked(lessons: Sequence[Lesson]) -> list[Lesson]:
    """Sort lessons: those in use first, then by credit, those without any last."""
    return sorted(
        lessons,
        key=lambda lesson: (
            _STATES.index(lesson.state),
            -lesson.credit.mean if lesson.credit else math.inf,
        ),
    )


def alike(lessons: Sequence[Lesson]) -> list[list[Lesson]]:
    """Group neighbours that show the same state and effect; fewer than three stay apart."""

    def face(lesson: Lesson) -> tuple[str, str]:
        credit = lesson.credit
        return lesson.state, f"{number(credit.mean)} ± {number(credit.sd)}" if credit else ""

    groups: list[list[Lesson]] = []
    for _, group in itertools.groupby(lessons, key=face):
        found = list(group)
        same = len(found) >= FEWEST_ALIKE and found[0].credit is not None
        groups += [found] if same else [[lesson] for lesson in found]
    return groups


def own(lessons: Sequence[Lesson]) -> str:
    """Say how many rollouts tell about the lessons themselves, from the fewest to the most."""
    counts = sorted({f"{lesson.credit.own:.3g}" for lesson in lessons if lesson.credit}, key=float)
    told = [count if float(count) else "its kind only" for count in counts]
    return " to ".join(dict.fromkeys((told[0], told[-1])))


def shortly(lesson: Lesson) -> str:
    """Return what a lesson says, or in which situation which action worked."""
    return lesson.text or f"{lesson.observation} → {lesson.action}"


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
    counted = (
        f"n = {difference.n} tasks: {difference.better} better, "
        f"{difference.same} same, {difference.worse} worse{p}"
    )
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
            counted,
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


def turns(episode: Episode) -> list[tuple[int, Turn | None]]:
    """Return the numbered turns; of a long episode beginning and end, None for the gap."""
    numbered = list(enumerate(episode.turns, 1))
    if len(numbered) <= TURNS_SHOWN:
        return list(numbered)
    last = TURNS_SHOWN // 3
    gap = len(numbered) - TURNS_SHOWN
    return [*numbered[: TURNS_SHOWN - last], (gap, None), *numbered[-last:]]


def likeliest(turn: Turn) -> list[tuple[str, float, bool]]:
    """Return the likeliest options, best first, and whether each was picked; the picked one is
    among them.
    """
    chances = [
        (option, math.exp(min(0.0, logprob)), option == turn.action.text)
        for option, logprob in turn.choices.items()
    ]
    chances.sort(key=lambda chance: -chance[1])
    return chances[:CHOICES_SHOWN] + [chance for chance in chances[CHOICES_SHOWN:] if chance[2]]
