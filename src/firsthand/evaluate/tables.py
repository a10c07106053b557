"""Evaluations and comparisons in the terminal: no number without its n and its interval."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from firsthand.evaluate.evaluate import Change, Comparison, Evaluation, Row
from firsthand.evaluate.statistics import Estimate
from firsthand.evaluate.wording import cost, flagged, interval, left_out, number, p_value, remarks
from firsthand.printable import inline, printable

MISSING = "-"


def table(result: Evaluation | Comparison) -> Table:
    """Render a result for rich: one row a level for an evaluation, one an environment for a
    comparison.
    """
    return _evaluation(result) if isinstance(result, Evaluation) else _comparison(result)


def _estimate(estimate: Estimate | None) -> str:
    return f"{number(estimate.mean)} {interval(estimate.interval)}" if estimate else MISSING


def _evaluation(result: Evaluation) -> Table:
    graded = result.graded
    found = _titled(
        result.agent,
        [
            "environment",
            "level",
            "tasks",
            "episodes",
            "failed",
            *(["score"] if graded else []),
            "success",
        ],
    )
    for row in result.rows:
        found.add_row(Text(inline(row.environment)), str(row.level), *_cells(row, graded))
    if len(result.rows) != 1:
        found.add_section()
        found.add_row("all", "", *_cells(result, graded), style="bold")
    for k, estimate in result.pass_at.items():
        found.add_row(
            f"pass@{k}", "", str(estimate.n), "", "", *([""] if graded else []), _estimate(estimate)
        )
    if result.true is not None:
        found.add_row(
            "true score",
            "",
            str(result.true.n),
            "",
            "",
            _estimate(result.true),
            *([""] if graded else []),
        )
    lines = (
        cost(result).replace("; ", "\n"),
        flagged(result),
        *remarks(result),
        "Brackets: 95% intervals.",
    )
    found.caption = Text(printable("\n".join(line for line in lines if line)))
    return found


def _cells(row: Row | Evaluation, graded: bool) -> list[str]:
    estimates = [row.score, row.success] if graded else [row.success]
    return [str(row.tasks), str(row.episodes), str(row.failed), *map(_estimate, estimates)]


def _comparison(result: Comparison) -> Table:
    title = f"before: {result.before}\nafter:  {result.after}"
    found = _titled(
        title, ["environment", "tasks", "before", "after", "difference", "better :\nworse"]
    )
    for name, change in result.environments.items():
        found.add_row(Text(inline(name)), *_change(change))
    if result.overall and len(result.environments) > 1:
        found.add_section()
        found.add_row("all", *_change(result.overall), style="bold")
    said = "Paired by task; brackets: 95% intervals; p: McNemar's exact test."
    found.caption = Text(f"{said}\n{left_out(result)}")
    return found


def _change(change: Change) -> list[str]:
    found = change.difference
    difference = f"{number(found.mean, signed=True)}\n{interval(found.interval, signed=True)}"
    sides = [_estimate(side).replace(" ", "\n", 1) for side in (change.before, change.after)]
    counts = f"{found.better} : {found.worse}" + (
        "" if found.p is None else f"\n{p_value(found.p)}"
    )
    return [str(found.n), *sides, difference, counts]


def _titled(title: str, columns: Sequence[str]) -> Table:
    found = Table(
        title=Text(printable(title)),
        title_justify="left",
        caption_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    found.add_column(columns[0], overflow="fold")
    for name in columns[1:]:
        found.add_column(name, justify="right", no_wrap=True)
    return found
