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
    columns = len({b for _, b in scores})
    yield "## Transfer: learn on A, test on B"
    yield (
        "A linear policy over pairs of words imitates 100 expert episodes of A. Counted is how "
        "often it would do what the expert of B does in 60 held-out episodes, in each of three "
        "worlds; shown is the share "
        "of what learning B itself brings over drawing by chance: 1 is as good as having learned "
        "B, 0 brings nothing. Columns where learning B itself brings less than .1 are left out: "
        "nothing can be said there. The learner knows words only, so families that are alike under "
        "other words would look different to it."
    )
    yield "![Transfer between environments](transfer.svg)"
    if others:
        yield (
            f"{len(names)} environments learned from, {columns} tested on; mean transfer to "
            f"another one {fmean(others):+.2f}, highest {max(others):+.2f}. Clusters (more than "
            "half of the gain is had from another family): "
            + ("; ".join(", ".join(group) for group in joined) or "none")
            + f". Effective number of families, exp(entropy) of the clusters: **{effective:.1f}** "
            f"of {len(names)}."
        )


POINTS = (30, 100, 300)
WORLDS = 3
EPISODES = 60


def _learnability(values: Mapping[str, float]) -> Iterator[str]:
    names = sorted({key.split()[1] for key in values if key.startswith("shuffled ")})
    if not names:
        return
    learned = [name for name in names if _gain(values, name) > _noise()]
    yield "## Learnability of hidden laws"
    yield (
        "After 30, 100 and 300 expert episodes in each of three worlds. *Linear* and *copycat* (a "
        "vote of the three nearest examples): how often they would do what the expert does, in 60 "
        "held-out episodes a world whose laws meet in new combinations. *Chance* draws among the "
        "choices. *Shuffled*: the linear policy after 300 episodes whose decisions were drawn at "
        "random, which must not learn. *Score*: what the linear policy then really earns, where "
        "one wrong decision can cost all. *Ceiling*: the score of an ideal learner that knows each "
        "law which it has seen at work."
    )
    rows = [
        "| environment | chance | linear | copycat | shuffled | score | ceiling |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name in names:
        last = POINTS[-1]
        cells = [
            _short(values[f"chance {name}"]) if f"chance {name}" in values else "–",
            _curve(values, "linear", name),
            _curve(values, "copycat", name),
            _mean(values, "shuffled", name, last),
            _mean(values, "score", name, last),
            _curve(values, "ceiling", name),
        ]
        rows.append(f"| `{name}` | {' | '.join(cells)} |")
    yield "\n".join(rows)
    yield (
        f"The linear policy agrees with the expert more often than its shuffled control, by more "
        f"than {_noise():.2f} (two standard errors of {WORLDS * EPISODES} episodes at most), in "
        f"{len(learned)} of {len(names)}: {', '.join(f'`{name}`' for name in learned)}. In the "
        "others the laws can be found out (the ceiling is reached) but not by words alone."
    )


def _noise() -> float:
    return 2 * (2 * 0.25 / (WORLDS * EPISODES)) ** 0.5


def _gain(values: Mapping[str, float], name: str) -> float:
    gains = [
        values[f"linear {key}"] - values[f"shuffled {key}"]
        for world in range(WORLDS)
        if f"shuffled {(key := f'{name} w{world} n{POINTS[-1]}')}" in values
    ]
    return fmean(gains)


def _curve(values: Mapping[str, float], kind: str, name: str) -> str:
    return " ".join(_mean(values, kind, name, n) for n in POINTS)


def _mean(values: Mapping[str, float], kind: str, name: str, n: int) -> str:
    found = [
        values[key] for world in range(WORLDS) if (key := f"{kind} {name} w{world} n{n}") in values
    ]
    return _short(fmean(found)) if found else "–"


def _short(value: float) -> str:
    return f"{value:.2f}".removeprefix("0") if value < 1 else "1.00"


def _difficulty(values: Mapping[str, float]) -> Iterator[str]:
    yield "## Leaderboard"
    yield (
        "Scores at levels 1 to 5: the expert, random play, doing nothing; n = 40 a "
        "level and policy "
        "(4 where playing starts processes, so that 0 there means below .60). At level 1: the "
        "embedded SmolLM2 by choice (n = 20, 16 turns at most)."
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
    found = wilson(value * 20, 20)
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
            f"{share.high:.2f}]), 20 tasks each, so that what is rare looks like 0."
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
