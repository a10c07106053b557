"""The page about the set of environments, from the figures that `collection.py` kept."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from statistics import fmean

from firsthand.evaluate.statistics import wilson
from firsthand.registry import environments, lookup

Pair = tuple[str, str]
CELL, LEFT, TOP = 20, 190, 170


def written(
    values: Mapping[str, float],
    names: Sequence[str],
    scores: Mapping[Pair, float],
    groups: Sequence[Sequence[str]],
    effective: float,
) -> tuple[str, str]:
    """Return the page as Markdown, and the heat map as SVG."""
    parts = [
        "# The set of environments, measured",
        "Made by `python benchmarks/collection.py … page`. Level 1 and world 0 unless said; tasks "
        "are held out. `firsthand envs` lists the environments, `firsthand envs "
        "stats` counts them.",
        *_transfer(names, scores, groups, effective),
        *_learnability(values),
        *_difficulty(values),
        *_headroom(values),
    ]
    return "\n\n".join(parts) + "\n", heat_map(names, scores, groups)


def _transfer(names, scores, groups, effective) -> Iterator[str]:
    joined = [group for group in groups if len(group) > 1]
    others = [value for (a, b), value in scores.items() if a != b]
    yield "## Transfer: learn on A, test on B"
    yield (
        "A linear policy over pairs of words imitates 60 expert episodes of A and "
        "plays 30 held-out "
        "tasks of B. Shown is the share of what mastering B itself brings over an "
        "untrained policy: "
        "1 is as good as having learned B, 0 brings nothing. Columns where 60 episodes bring less "
        "than .4 are left out: nothing can be said there. That is most of them: where laws have to "
        "be put together, imitating by words is too weak a learner. So this matrix shows little "
        "yet, and is no proof that families differ."
    )
    yield "![Transfer between environments](transfer.svg)"
    columns = len({b for _, b in scores})
    if others:
        yield (
            f"{len(names)} environments learned from, {columns} tested on; mean "
            "transfer to another "
            f"one {fmean(others):+.2f}, highest {max(others):+.2f}. Clusters (more "
            "than half of the "
            "gain is had from another family): "
            + ("; ".join(", ".join(group) for group in joined) or "none")
            + f". Effective number of families, exp(entropy) of the clusters: **{effective:.1f}** "
            f"of {len(names)}."
        )


def _learnability(values: Mapping[str, float]) -> Iterator[str]:
    names = sorted({key.split()[1] for key in values if key.startswith("shuffled ")})
    if not names:
        return
    yield "## Learnability of hidden laws"
    yield (
        "After 0, 30 and 100 expert episodes, mean of three worlds, 30 held-out tasks each (a mean "
        "of n = 90; ±.10 at most). *Ceiling*: an ideal learner that knows every law it has seen at "
        "work. *Copycat*: a vote of the three nearest examples. *Shuffled*: the "
        "linear policy after "
        "100 episodes whose choices were drawn at random, which must not learn."
    )
    rows = [
        "| environment | ceiling | linear | copycat | shuffled |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name in names:
        cells = [_curve(values, kind, name) for kind in ("ceiling", "linear", "copycat")]
        last = _mean(values, "shuffled", name, 100)
        rows.append(f"| `{name}` | {' | '.join(cells)} | {last} |")
    yield "\n".join(rows)


def _curve(values: Mapping[str, float], kind: str, name: str) -> str:
    return " ".join(_mean(values, kind, name, n) for n in (0, 30, 100))


def _mean(values: Mapping[str, float], kind: str, name: str, n: int) -> str:
    found = [values[key] for w in range(3) if (key := f"{kind} {name} w{w} n{n}") in values]
    return _short(fmean(found)) if found else "–"


def _short(value: float) -> str:
    return f"{value:.2f}".removeprefix("0") if value < 1 else "1.00"


def _difficulty(values: Mapping[str, float]) -> Iterator[str]:
    yield "## Leaderboard"
    yield (
        "Scores at levels 1 to 5: the expert, random play, doing nothing; n = 40 a "
        "level and policy "
        "(4 where playing starts processes, so that 0 there means below .60). At level 1: the "
        "embedded SmolLM2 by choice (n = 10, 16 turns at most)."
    )
    rows = ["| environment | expert | random | idle | SmolLM2 |", "| --- | --- | --- | --- | --- |"]
    for name in environments():
        cells = [_levels(values, policy, name) for policy in ("expert", "random", "idle")]
        if cells[0] == "–":
            continue
        rows.append(f"| `{name}` | {' | '.join(cells)} | {_with_interval(values, name)} |")
    yield "\n".join(rows)


def _levels(values: Mapping[str, float], policy: str, name: str) -> str:
    found = [values.get(f"{policy} {name} l{level}") for level in lookup(name).levels]
    shown = [_short(value) for value in found if value is not None]
    return shown[0] if len(set(shown)) == 1 else " ".join(shown) or "–"


def _with_interval(values: Mapping[str, float], name: str) -> str:
    value = values.get(f"smollm2 {name} l1")
    if value is None:
        return "–"
    found = wilson(value * 10, 10)
    return f"{_short(value)} [{_short(found.low)}, {_short(found.high)}]"


def _headroom(values: Mapping[str, float]) -> Iterator[str]:
    found = {key.split()[1]: value for key, value in values.items() if key.startswith("smollm2 ")}
    if found:
        between = [name for name, value in found.items() if 0 < value < 1]
        share = wilson(len(between), len(found))
        yield "## Headroom"
        yield (
            f"The embedded model is neither at 0 nor at 1 in {len(between)} of {len(found)} "
            f"environments of choices ({len(between) / len(found):.2f} [{share.low:.2f}, "
            f"{share.high:.2f}]), 10 tasks each, so that what is rare looks like 0."
        )


def heat_map(
    names: Sequence[str], scores: Mapping[Pair, float], groups: Sequence[Sequence[str]]
) -> str:
    """Draw the matrix: rows are learned from, columns are tested on, clusters stand together."""
    rows = [name for group in groups for name in group]
    columns = [name for name in rows if any(b == name for _, b in scores)]
    width, height = LEFT + CELL * len(columns) + 110, TOP + CELL * len(rows) + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for y, a in enumerate(rows):
        parts.append(
            f'<text x="{LEFT - 6}" y="{TOP + CELL * y + 14}" text-anchor="end">{escape(a)}</text>'
        )
        for x, b in enumerate(columns):
            parts.append(_cell(LEFT + CELL * x, TOP + CELL * y, a, b, scores.get((a, b))))
    for x, b in enumerate(columns):
        place = f"{LEFT + CELL * x + 14} {TOP - 6}"
        parts.append(f'<text transform="translate({place}) rotate(-60)">{escape(b)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _cell(x: int, y: int, a: str, b: str, value: float | None) -> str:
    if value is None:
        return f'<rect x="{x}" y="{y}" width="{CELL - 1}" height="{CELL - 1}" fill="#eee"/>'
    level = max(0.0, min(1.0, value))
    shade = ",".join(str(round(255 - level * (255 - end))) for end in (33, 90, 160))
    return (
        f'<rect x="{x}" y="{y}" width="{CELL - 1}" height="{CELL - 1}" fill="rgb({shade})" '
        f'stroke="#ddd"><title>{escape(a)} to {escape(b)}: {value:+.2f}</title></rect>'
    )
