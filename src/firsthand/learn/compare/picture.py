"""The page of a comparison: learning curves against turns, tokens and CPU seconds, gains with their
intervals, the table, and the controls. The words are in `page/compare.html`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from markupsafe import Markup

from firsthand.evaluate.html import quoted, render
from firsthand.evaluate.plots import Scale, scale, typeset
from firsthand.evaluate.wording import number
from firsthand.learn.compare.cell import Point
from firsthand.learn.compare.summary import Line, Summary
from firsthand.learn.compare.tables import cells, columns, measured, notes, ranked
from firsthand.playbook import replace_file
from firsthand.usage import rounded

WIDTH, HEIGHT, LEFT, TOP = 330, 230, 34, 12
ROW, NAMES, PLOT = 24, 150, 560
COLOURS = ("#2563eb", "#dc2626", "#059669", "#d97706", "#7c3aed", "#0891b2", "#db2777", "#65a30d")
"""Of arms in the order of their gain over all environments, the same for an arm in every picture;
from the ninth on, again and dashed."""

AXES: dict[str, Callable[[Point], float]] = {
    "turns": lambda point: point.turns,
    "tokens": lambda point: point.tokens,
    "CPU seconds": lambda point: point.cpu_s,
}


class _Look(msgspec.Struct, frozen=True):
    colour: str
    dashes: str


def write_page(path: Path, summary: Summary) -> Path:
    """Write the page. Raises `MissingExtra` without jinja2."""
    replace_file(path, page(summary).encode())
    return path


def page(summary: Summary) -> str:
    """Return the page. Raises `MissingExtra` without jinja2."""
    groups = [("All environments", summary.arms)]
    if len(summary.environments) > 1:
        groups += list(summary.by_environment.items())
    values: dict[str, Any] = {
        "summary": summary,
        "groups": [_group(title, lines, _looks(summary.arms)) for title, lines in groups],
        "columns": columns(summary.controls),
        "controls": [_row(line, columns(summary.controls)) for line in summary.controls],
        "control_gains": gains(summary.controls, "Gains of the controls over the base"),
        "notes": [typeset(note) for note in notes(summary)],
    }
    return render("firsthand.learn.compare", "page", "compare.html", values)


def _group(title: str, lines: Sequence[Line], looks_of: Mapping[str, _Look]) -> dict[str, Any]:
    drawn = [line for line in ranked(lines) if line.arm != "base" and line.curve]
    looks = [(line, looks_of[line.arm]) for line in drawn]
    return {
        "title": title,
        "legend": [(look, line.name) for line, look in looks],
        "curves": [curves(looks, name, axis) for name, axis in AXES.items()],
        "gains": gains(lines, f"Gains over the base, {title}"),
        "columns": columns(lines),
        "rows": [_row(line, columns(lines)) for line in ranked(lines)],
    }


def _looks(lines: Sequence[Line]) -> dict[str, _Look]:
    names = [line.arm for line in ranked(lines) if line.arm != "base"]
    return {
        name: _Look(COLOURS[place % len(COLOURS)], "5 3" if place >= len(COLOURS) else "")
        for place, name in enumerate(names)
    }


def _row(line: Line, names: Sequence[str]) -> list[str]:
    return [line.name, *map(typeset, cells(line, names))]


def curves(
    looks: Sequence[tuple[Line, _Look]], name: str, axis: Callable[[Point], float]
) -> Markup:
    """Draw the mean score of each arm against what it has spent."""
    most = max((axis(point) for line, _ in looks for point in line.curve), default=0.0)
    xs = scale([most], most=4)

    def place(point: Point) -> str:
        x = LEFT + (WIDTH - LEFT - 8) * xs.at(axis(point)) / 100
        return f"{x:.1f},{_height(point.score or 0.0):.1f}"

    parts = [_grid(tick) for tick in (0.0, 0.25, 0.5, 0.75, 1.0)]
    parts += [_tick(xs, tick) for tick in xs.ticks]
    parts += [
        Markup(
            '<polyline fill="none" stroke="{}" stroke-dasharray="{}" stroke-width="2" points="{}">'
            "<title>{}</title></polyline>"
        ).format(look.colour, look.dashes, " ".join(map(place, line.curve)), quoted(line.name))
        for line, look in looks
    ]
    parts.append(_text(WIDTH / 2, TOP + HEIGHT + 34, name, "middle"))
    return _svg(WIDTH, TOP + HEIGHT + 42, parts, f"Score against {name}")


def gains(lines: Sequence[Line], label: str) -> Markup:
    """Draw each gain with its interval, best first; colour where the interval leaves 0 out."""
    shown = [line for line in ranked(lines) if line.arm != "base" and line.gain_ci95 is not None]
    ends = [end for line in shown for end in line.gain_ci95 or ()]
    axis, height = scale(ends, most=6), ROW * len(shown)

    def x(value: float) -> float:
        return round(NAMES + PLOT * axis.at(value) / 100, 1)

    parts = [
        Markup('<line class="{}" x1="{}" x2="{}" y1="0" y2="{}"/>').format(
            "grid" if tick else "zero", x(tick), x(tick), height
        )
        + _text(x(tick), height + 16, typeset(number(tick, signed=True)), "middle")
        for tick in axis.ticks
    ]
    for place, line in enumerate(shown):
        y, (low, high) = ROW * place + ROW / 2, line.gain_ci95 or (0.0, 0.0)
        tone = "gain" if low > 0 else "loss" if high < 0 else "unclear"
        gain = line.gain_vs_base or 0.0
        parts.append(_text(0, y + 4, line.name, "start"))
        parts.append(
            Markup(
                '<line class="whisker" x1="{}" x2="{}" y1="{}" y2="{}"/>'
                '<circle class="dot {}" cx="{}" cy="{}" r="5"><title>{}</title></circle>'
            ).format(
                x(low), x(high), y, y, tone, x(gain), y,
                quoted(typeset(measured(gain, line.gain_ci95, signed=True))),
            )
        )  # fmt: skip
    return _svg(NAMES + PLOT + 30, height + 24, parts, label)


def _height(score: float) -> float:
    return TOP + HEIGHT * (1 - score)


def _grid(tick: float) -> Markup:
    y = _height(tick)
    line = Markup('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>')
    return line.format(LEFT, WIDTH - 8, y, y) + _text(LEFT - 6, y + 4, number(tick), "end")


def _tick(axis: Scale, tick: float) -> Markup:
    x = LEFT + (WIDTH - LEFT - 8) * axis.at(tick) / 100
    return _text(x, TOP + HEIGHT + 16, rounded(tick), "middle")


def _text(x: float, y: float, text: str, anchor: str) -> Markup:
    return Markup('<text class="tick" x="{}" y="{}" text-anchor="{}">{}</text>').format(
        round(x, 1), round(y, 1), anchor, quoted(text, longest=60)
    )


def _svg(width: float, height: float, parts: Iterable[Markup], label: str) -> Markup:
    return Markup('<svg role="img" aria-label="{}" viewBox="0 0 {} {}">{}</svg>').format(
        quoted(label), width, height, Markup("").join(parts)
    )
