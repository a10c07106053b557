"""Certificates as one HTML page that needs nothing else.

An overview, then each target with its findings and checks, in the look of all pages of firsthand.
"""

from collections.abc import Sequence

from firsthand.audit.report.certificate import Certificate
from firsthand.audit.report.terminal import by_check
from firsthand.evaluate.html import render


def page(certificates: Sequence[Certificate]) -> str:
    """Return the page. Raises `MissingExtra` without jinja2."""
    values = {"certificates": certificates, "groups": by_check}
    return render("firsthand.audit.report", "", "page.html", values)
