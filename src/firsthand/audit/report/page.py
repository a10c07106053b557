"""Certificates as one HTML page that needs nothing else: an overview, then each target with its findings and checks."""

from collections.abc import Sequence
from pathlib import Path

from firsthand.audit.report.certificate import Certificate
from firsthand.audit.report.terminal import by_check

TEMPLATE = Path(__file__).parent / "page.html"


def page(certificates: Sequence[Certificate]) -> str:
    """Return the page."""
    import jinja2  # deferred: only this needs it

    template = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True
    ).from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(certificates=certificates, groups=by_check)
