"""HTML pages of firsthand: one look, one way to put untrusted text into them, a bounded size.

A page is one static file with everything in it: it loads nothing and runs nothing, and forbids both
to itself, because it quotes what environments and models said (law 12). Each value that a template
shows passes through `quoted`. The looks of all pages are in `page/house.css`.
"""

from functools import partial
from typing import TYPE_CHECKING, Any

from firsthand.errors import MissingExtra
from firsthand.printable import printable
from firsthand.secrets import redact

if TYPE_CHECKING:
    from markupsafe import Markup

LONGEST_TEXTS = (4000, 1000, 250, 60)
"""Characters of one field that are shown; the next length is taken while the page is too large."""
SHORT_TEXT = 200
"""Characters of a field where a line is enough: the filter `short`."""
LARGEST_PAGE = 5_000_000
"""Characters. A report of 12 episodes of 30 turns, each field filled with text, is about 4 million.
"""


def require() -> None:
    """Check that pages can be written. Raises `MissingExtra`, which names what to install.

    Called before episodes are paid for whose report could not be written.
    """
    try:
        import jinja2  # noqa: F401  # pyright: ignore[reportUnusedImport]
    except ImportError:
        raise MissingExtra("jinja2", extra="report") from None


def render(package: str, folder: str, template: str, values: dict[str, Any]) -> str:
    """Return a page made from the template in a folder of a package. Raises `MissingExtra`."""
    page = ""
    for longest in LONGEST_TEXTS:
        page = _rendered(package, folder, template, values, longest)
        if len(page) <= LARGEST_PAGE:
            break
    return page


def _rendered(
    package: str, folder: str, template: str, values: dict[str, Any], longest: int
) -> str:
    require()
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    house = PackageLoader("firsthand.evaluate", "page")
    templates = Environment(
        loader=ChoiceLoader([PackageLoader(package, folder), house]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=partial(quoted, longest=longest),
    )
    templates.filters["short"] = partial(short, longest=min(longest, SHORT_TEXT))
    return templates.get_template(template).render(values)


def short(text: str, *, longest: int) -> "Markup":
    """Return the beginning of a text, on one line."""
    from markupsafe import escape

    text = redact(text)
    beginning = " ".join(text[: 4 * longest].split())  # enough of a text of 5 MB
    return escape(quoted(beginning + text[4 * longest :], longest=longest))


def quoted(value: Any, *, longest: int = LONGEST_TEXTS[0]) -> Any:
    """Return a value as a page shows it: without secrets, of bounded length, nothing hidden in it.

    Charts are built from quoted text already (`Markup`) and stay as they are.
    """
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    text = redact(value)  # before cutting: half a secret would not be recognised
    visible = printable(text[:longest])
    shown = visible[:longest]
    if shown == text:
        return text
    missing = len(text) - longest
    if missing > 0:
        return f"{shown} … ({missing:,} more characters)"
    return f"{shown} …" if len(visible) > longest else visible
