"""The comparison in the terminal, and what it says in words."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from firsthand.evaluate.statistics import Interval
from firsthand.evaluate.wording import interval, number
from firsthand.learn.compare.summary import Line, Summary
from firsthand.printable import printable
from firsthand.usage import rounded

NULL_MARGIN = 0.01
"""A control that must not gain is called unmoved within this."""

PLAIN = ("icl", "retrieval")
"""The arms that show what was played as it is."""
TRAINED = "trained on"
"""The column of the tokens that were trained on, which are among all tokens."""


def table(summary: Summary, lines: Sequence[Line], title: str) -> Table:
    """Return a table for rich: an arm a row, best gain first, the base on top."""
    plural = "" if summary.seeds == 1 else "s"
    seeds = f"{summary.seeds} seed{plural}, {summary.budget:,} turns each"
    found = Table(
        title=Text(printable(f"{title}: {summary.model}, {seeds}")),
        title_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )
    found.add_column("arm", no_wrap=True)
    names = [name for name in columns(lines) if name != TRAINED]  # eighty characters hold no more
    for name in names:
        found.add_column(name, justify="right", no_wrap=True)
    for line in ranked(lines):
        found.add_row(Text(printable(line.name)), *cells(line, names))
    return found


def columns(lines: Sequence[Line]) -> list[str]:
    """Return what a table has beside the arms' names."""
    true = ["true score"] if any(line.true is not None for line in lines) else []
    return ["score", "gain over base", *true, "turns", "tokens", TRAINED, "CPU s"]


def markdown(summary: Summary) -> str:
    """Return all tables and notes in Markdown, for a page of documentation."""
    groups = [*summary.by_environment.items(), ("Controls", summary.controls)]
    parts = [_markdown_table(title, lines) for title, lines in groups if lines]
    return "\n".join([*parts, *(f"- {note}" for note in notes(summary))]) + "\n"


def _markdown_table(title: str, lines: Sequence[Line]) -> str:
    names = columns(lines)
    rows = [["arm", *names], ["---"] * (len(names) + 1)]
    rows += [[line.name, *cells(line, names)] for line in ranked(lines)]
    return "\n".join([f"**{title}**", "", *(f"| {' | '.join(row)} |" for row in rows), ""])


def ranked(lines: Sequence[Line]) -> list[Line]:
    """Order lines: the base, then by gain, those without a score last."""

    def key(line: Line) -> tuple[bool, bool, float]:
        return line.arm != "base", line.score is None, -(line.gain_vs_base or 0.0)

    return sorted(lines, key=key)


def cells(line: Line, names: Sequence[str]) -> list[str]:
    """Return what the table says of an arm under each of the columns."""
    if line.score is None:
        return ["failed", *[""] * (len(names) - 1)]
    gain = "" if line.arm == "base" else measured(line.gain_vs_base, line.gain_ci95, signed=True)
    known = {
        "score": measured(line.score, line.ci95),
        "gain over base": gain,
        "true score": measured(line.true, line.true_ci95),
        "turns": f"{line.turns:,.0f}",
        "tokens": rounded(line.tokens),
        TRAINED: rounded(line.trained_tokens),
        "CPU s": f"{line.cpu_s:,.1f}",
    }
    return [known[name] for name in names]


def measured(value: float | None, ends: tuple[float, float] | None, *, signed: bool = False) -> str:
    """Write a value with its interval; empty without one."""
    if value is None or ends is None:
        return ""
    return f"{number(value, signed=signed)} {interval(Interval(*ends), signed=signed)}"


def notes(summary: Summary) -> list[str]:
    """Say who won where, what the controls did, and what failed."""
    said = [winner(name, lines) for name, lines in summary.by_environment.items()]
    for name, lines in summary.by_environment.items():
        said += plain_wins(name, lines)
    said += [verdict(line) for line in summary.controls if line.gain_vs_base is not None]
    failures = [why for line in (*summary.arms, *summary.controls) for why in line.failed]
    said += [f"Failed: {why}" for why in failures]
    tasks = f"{summary.eval_tasks} held-out tasks of each environment"
    said.append(
        f"Brackets: 95% intervals over {tasks} x {summary.seeds} seeds, resampled together. "
        f"Curves are played on {summary.curve_on}."
    )
    return said


def winner(environment: str, lines: Sequence[Line]) -> str:
    """Say plainly which arm gained most on an environment."""
    learned = [line for line in ranked(lines) if line.arm != "base" and line.score is not None]
    if not learned:
        return f"{environment}: no arm was scored."
    best = learned[0]
    if best.gain_ci95 is None or best.gain_ci95[0] <= 0:
        return f"{environment}: no arm is clearly better than the base."
    gains = measured(best.gain_vs_base, best.gain_ci95, signed=True)
    close = [
        line.arm
        for line in learned[1:]
        if line.gain_ci95 is not None and line.gain_ci95[1] >= (best.gain_vs_base or 0.0)
    ]
    beside = f"; not clearly worse: {', '.join(close)}" if close else ""
    return f"{environment}: {best.arm} gained most, {gains}{beside}."


def plain_wins(environment: str, lines: Sequence[Line]) -> list[str]:
    """Say where raw episodes or nearest successes gained more than lessons with credit and gate."""
    known = {line.arm: line for line in lines if line.gain_vs_base is not None}
    if "lessons" not in known:
        return []
    ours = known["lessons"]
    against = measured(ours.gain_vs_base, ours.gain_ci95, signed=True)
    return [
        f"{environment}: {name} gained more than lessons, "
        f"{measured(known[name].gain_vs_base, known[name].gain_ci95, signed=True)} against "
        f"{against}."
        for name in PLAIN
        if name in known and (known[name].gain_vs_base or 0.0) > (ours.gain_vs_base or 0.0)
    ]


def verdict(line: Line) -> str:
    """Say whether a control gained."""
    gain, ends = line.gain_vs_base or 0.0, line.gain_ci95 or (0.0, 0.0)
    told = measured(gain, ends, signed=True)
    if line.control == "flags_kept":
        true = number(line.true_gain or 0.0, signed=True)
        return f"Flags kept, {line.arm}: proxy {told}, true {true}."
    if abs(gain) <= NULL_MARGIN:
        return f"Control {line.name}: unmoved, {told}."
    clear = "gained, which it must not" if ends[0] > 0 else "not told apart from no gain"
    clear = "lost" if ends[1] < 0 else clear
    return f"Control {line.name}: {clear}, {told}."
