"""Charts as inline SVG that follows the page: its width, its fonts, its theme.

Horizontal positions are percentages and text is never scaled, so that one drawing is legible at any
width without scripts. Colours are CSS classes. Whatever text goes in is escaped: names and lessons
are untrusted. Left out: everything a chart of this report does not need.
"""

import math
from collections.abc import Iterable, Sequence

import msgspec
from markupsafe import Markup

from firsthand.evaluate.curve import CurvePoint
from firsthand.evaluate.evaluate import Change, Evaluation, Row
from firsthand.evaluate.html import quoted
from firsthand.evaluate.statistics import Difference, Estimate, Interval
from firsthand.evaluate.wording import interval, number


def typeset(text: str) -> str:
    """Use the true minus sign: a page has it, not every terminal does."""
    return text.replace("-", "\N{MINUS SIGN}")


LONGEST_LABEL = 60
"""Characters of a text in a drawing, where nothing wraps."""


class Scale(msgspec.Struct, frozen=True):
    """A linear axis from `low` to `high`, and the values worth a tick."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        """Return the position of a value in percent of the axis; beyond its ends, the end."""
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(1.0, max(0.0, share)), 2)


SCORES = Scale(0.0, 1.0, (0.0, 0.25, 0.5, 0.75, 1.0))


def scale(values: Iterable[float], *, most: int = 5) -> Scale:
    """Return an axis over 0 and all values that begins and ends on ticks, `most` or fewer and .01
    or more apart.
    """
    values = [0.0, *values]
    low = min(values)
    high = max(*values, low + 0.04)
    magnitude = 10.0 ** math.floor(math.log10((high - low) / most))
    steps = (magnitude * factor for factor in (1, 2, 5, 10, 20, 50, 100))
    step, first, last = next(
        found for step in steps if (found := _steps(low, high, step))[2] - found[1] < most
    )
    return Scale(
        first * step, last * step, tuple(round(i * step, 10) for i in range(first, last + 1))
    )


def _steps(low: float, high: float, step: float) -> tuple[float, int, int]:
    return step, math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)


def learning_curve(points: Sequence[CurvePoint]) -> Markup:
    """Draw score against rollouts, the interval as a band, deployed playbooks as labelled marks."""
    points = sorted(points, key=lambda point: point.rollouts)
    top, height = 34, 220
    x_axis = scale([point.rollouts for point in points], most=6)
    x_axis = Scale(
        0.0,
        float(points[-1].rollouts) or 1.0,
        tuple(tick for tick in x_axis.ticks if tick <= points[-1].rollouts),
    )

    def y(score: float) -> float:
        return round(top + height * (1 - SCORES.at(score) / 100), 2)

    parts = [_horizontal_grid(y(tick), number(tick)) for tick in SCORES.ticks]
    for tick in x_axis.ticks:
        parts.append(
            _text(
                x_axis.at(tick),
                top + height + 20,
                f"{tick:,.0f}",
                "tick",
                anchor=_anchor(x_axis.at(tick)),
            )
        )
    parts.append(_text(0, top + height + 38, "training rollouts", "tick", anchor="start"))
    parts += _deployments(points, x_axis, top, height)
    line = [(x_axis.at(point.rollouts), 100 - SCORES.at(point.score)) for point in points]
    band = [(x_axis.at(point.rollouts), 100 - SCORES.at(point.high)) for point in points]
    band += [(x_axis.at(point.rollouts), 100 - SCORES.at(point.low)) for point in reversed(points)]
    parts.append(_stretched(top, height, band, line))
    for point in points:
        found = f"{number(point.score)} {interval(Interval(point.low, point.high))}"
        title = f"{point.label or 'score'} after {point.rollouts:,} rollouts: {found}"
        dot = Markup('<circle class="dot{}" cx="{}%" cy="{}" r="{}"><title>{}</title></circle>')
        parts.append(
            dot.format(
                " deployed" if point.label else "",
                x_axis.at(point.rollouts),
                y(point.score),
                5 if point.label else 3.5,
                quoted(title),
            )
        )
    last = points[-1]
    parts.append(_text(100, y(last.score) + 4, number(last.score), "value after", dx=12))
    if len(points) > 1:
        first = points[0]
        under = first.low > 0.12  # below that the label would lie on the axis
        x, beside = x_axis.at(first.rollouts), y(first.low) + 16 if under else y(first.high) - 8
        parts.append(_text(x, beside, number(first.score), "value after", anchor=_anchor(x)))
    return _figure(
        "curve",
        top + height + 44,
        parts,
        (
            f"Score from {number(points[0].score)} to {number(last.score)} over "
            f"{last.rollouts:,} rollouts"
        ),
    )


def level_bars(before: Evaluation | None, after: Evaluation | None) -> dict[str, Markup]:
    """Draw mean score by level with 95% intervals, one chart an environment; with two sides, one
    bar under the other.
    """
    sides = [(name, found) for name, found in (("before", before), ("after", after)) if found]
    rows: dict[str, dict[int, dict[str, Row]]] = {}
    for name, found in sides:
        for row in found.rows:
            rows.setdefault(row.environment, {}).setdefault(row.level, {})[name] = row
    names = [name for name, _ in sides]
    return {
        environment: _levels(dict(sorted(levels.items())), names)
        for environment, levels in sorted(rows.items())
    }


def differences(changes: Sequence[tuple[str, Change]]) -> Markup:
    """Draw the paired difference of each named change as a point with its interval, on one axis
    through 0.

    Names stand outside the drawing, where they can wrap.
    """
    found = [(name, change.difference) for name, change in changes]
    axis = scale(
        end
        for _, difference in found
        for end in (difference.interval.low, difference.interval.high)
    )
    rows = [_named_difference(axis, name, difference) for name, difference in found]
    ticks = [
        _text(axis.at(tick), 14, _signed(tick), "tick", anchor=_anchor(axis.at(tick)))
        for tick in axis.ticks
    ]
    label = "Paired differences with 95% intervals"
    return Markup('<figure class="chart plain">{}</figure>').format(
        Markup("").join([*rows, _svg(20, ticks, label)])
    )


def _named_difference(axis: Scale, name: str, difference: Difference) -> Markup:
    low, high = difference.interval.low, difference.interval.high
    value = f"{_signed(difference.mean)} {typeset(interval(difference.interval, signed=True))}"
    grid = [_vertical_line(axis, tick, 26) for tick in axis.ticks]
    marks = [
        _whisker(axis, low, high, 13),
        _dot(axis, difference.mean, 13, 5, _tone(difference.interval)),
    ]
    heading = Markup('<div class="named"><span>{}</span><span class="figure">{}</span></div>')
    return heading.format(quoted(name), f"{value}, n = {difference.n}") + _svg(
        26, [*grid, *marks], f"{number(difference.mean, signed=True)}"
    )


def _signed(value: float) -> str:
    return typeset(number(value, signed=True))


def credit_scale(credits: Iterable[tuple[float, float]]) -> Scale:
    """Return the axis on which credits (mean, standard deviation) are drawn: it holds every mean ±
    sd.
    """
    return scale((end for mean, sd in credits for end in (mean - sd, mean + sd)), most=4)


def credit_mark(axis: Scale, mean: float, sd: float) -> Markup:
    """Draw one credit for a table cell: mean as a point, ± one standard deviation thick, ± 1.96
    thin.
    """
    wide = Interval(mean - 1.96 * sd, mean + 1.96 * sd)
    parts = [
        _whisker(axis, wide.low, wide.high, 10, "thin"),
        _whisker(axis, mean - sd, mean + sd, 10, f"thick {_tone(wide)}"),
        _dot(axis, mean, 10, 4, _tone(wide)),
    ]
    return _svg(20, parts, f"{number(mean, signed=True)} ± {number(sd)}")


def credit_axis(axis: Scale) -> Markup:
    """Draw the tick labels of the credit column."""
    parts = [
        _text(
            axis.at(tick),
            12,
            typeset(number(tick, signed=True)),
            "tick",
            anchor=_anchor(axis.at(tick)),
        )
        for tick in axis.ticks
    ]
    return _svg(16, parts, "Effect on the score")


def _levels(levels: dict[int, dict[str, Row]], names: list[str]) -> Markup:
    pitch = 14 * len(names) + 20
    height = pitch * len(levels)
    parts = [_vertical_grid(SCORES, tick, height, number(tick)) for tick in SCORES.ticks]
    for index, (level, rows) in enumerate(levels.items()):
        top = index * pitch + 10
        scores = [rows[name].score for name in names if name in rows]
        counts = dict.fromkeys(str(score.n if score else 0) for score in scores)
        middle = top + 7 * len(names)
        parts.append(_text(0, middle - 1, f"level {level}", "label", dx=-12, anchor="end"))
        parts.append(
            _text(0, middle + 13, f"n = {' / '.join(counts)}", "tick", dx=-12, anchor="end")
        )
        for place, name in enumerate(names):
            estimate = rows[name].score if name in rows else None
            kind = name if len(names) > 1 else "after"
            parts.append(
                _bar(
                    estimate, top + 14 * place, kind, name if len(names) > 1 and index == 0 else ""
                )
            )
    return _figure("levels", height + 24, parts, "Mean score by level with 95% intervals")


def _bar(estimate: Estimate | None, top: float, kind: str, name: str) -> Markup:
    if estimate is None:
        return _text(0, top + 10, "nothing scored", "tick", dx=6, anchor="start")
    bar = Markup('<rect class="bar {}" x="0" y="{}" width="{}%" height="12" rx="1.5"/>').format(
        kind, top, SCORES.at(estimate.mean)
    )
    whisker = _whisker(SCORES, estimate.interval.low, estimate.interval.high, top + 6)
    value = _text(100, top + 10, f"{number(estimate.mean)} {name}".strip(), f"value {kind}", dx=12)
    return bar + whisker + value


def _deployments(
    points: Sequence[CurvePoint], axis: Scale, top: float, height: float
) -> list[Markup]:
    """Mark deployed playbooks; a label that would run into the one before goes to the second row,
    or is left to the tooltip.
    """
    parts: list[Markup] = []
    free = [-1.0, -1.0]
    for point in (point for point in points if point.label):
        x = axis.at(point.rollouts)
        parts.append(
            Markup('<line class="deployment" x1="{0}%" x2="{0}%" y1="{1}" y2="{2}"/>').format(
                x, top - 4, top + height
            )
        )
        width = 2.0 * len(point.label)
        row = next((row for row in (0, 1) if free[row] < x - width / 2), None)
        if row is not None:
            parts.append(_text(x, top - 10 - 14 * row, point.label, "tick", anchor=_anchor(x)))
            free[row] = x + width / 2
    return parts


def _stretched(
    top: float,
    height: float,
    band: Sequence[tuple[float, float]],
    line: Sequence[tuple[float, float]],
) -> Markup:
    """Draw in a box of 100 by 100 that is stretched over the plot; strokes keep their width."""
    points = [" ".join(f"{x:g},{y:g}" for x, y in shape) for shape in (band, line)]
    shapes = Markup(
        '<polygon class="band" points="{}"/><polyline class="line" points="{}"/>'
    ).format(*points)
    frame = (
        '<svg x="0" y="{}" width="100%" height="{}" viewBox="0 0 100 100" '
        'preserveAspectRatio="none">{}</svg>'
    )
    return Markup(frame).format(top, height, shapes)


def _horizontal_grid(y: float, label: str) -> Markup:
    return Markup('<line class="grid" x1="0" x2="100%" y1="{0}" y2="{0}"/>').format(y) + _text(
        0, y + 4, label, "tick", dx=-12, anchor="end"
    )


def _vertical_grid(axis: Scale, tick: float, height: float, label: str) -> Markup:
    x = axis.at(tick)
    return _vertical_line(axis, tick, height) + _text(
        x, height + 18, label, "tick", anchor=_anchor(x)
    )


def _vertical_line(axis: Scale, tick: float, height: float) -> Markup:
    return Markup('<line class="{0}" x1="{1}%" x2="{1}%" y1="0" y2="{2}"/>').format(
        "grid" if tick else "zero", axis.at(tick), height
    )


def _whisker(axis: Scale, low: float, high: float, y: float, kind: str = "") -> Markup:
    return Markup('<line class="whisker {}" x1="{}%" x2="{}%" y1="{}" y2="{}"/>').format(
        kind, axis.at(low), axis.at(high), y, y
    )


def _text(
    x: float, y: float, text: str, kind: str, *, dx: float = 0, anchor: str = "start"
) -> Markup:
    return Markup('<text class="{}" x="{}%" y="{}" dx="{}" text-anchor="{}">{}</text>').format(
        kind, x, y, dx, anchor, quoted(text, longest=LONGEST_LABEL)
    )


def _anchor(x: float) -> str:
    return "start" if x < 3 else "end" if x > 97 else "middle"


def _dot(axis: Scale, value: float, y: float, radius: float, tone: str) -> Markup:
    return Markup('<circle class="dot {}" cx="{}%" cy="{}" r="{}"/>').format(
        tone, axis.at(value), y, radius
    )


def _tone(found: Interval) -> str:
    """Colour is a claim: only where the interval leaves 0 out."""
    return "gain" if found.low > 0 else "loss" if found.high < 0 else "unclear"


def _svg(height: float, parts: Iterable[Markup], label: str) -> Markup:
    return Markup('<svg role="img" aria-label="{}" height="{}">{}</svg>').format(
        quoted(label), height, Markup("").join(parts)
    )


def _figure(kind: str, height: float, parts: Iterable[Markup], label: str) -> Markup:
    return Markup('<figure class="chart {}">{}</figure>').format(kind, _svg(height, parts, label))
