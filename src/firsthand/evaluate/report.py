"""The HTML report: one static file with everything in it, to be read now and kept."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from firsthand.episode import Episode
from firsthand.evaluate.curve import CurvePoint
from firsthand.evaluate.evaluate import Comparison, Evaluation
from firsthand.evaluate.html import require
from firsthand.playbook import Playbook


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
    """Write the report as one HTML file, its folders included, and return the path.

    Raises `MissingExtra` without jinja2.
    """
    require()
    from firsthand.evaluate.report_page import page  # deferred: it needs jinja2

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(report), encoding="utf-8")
    return path
