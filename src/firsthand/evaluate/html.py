"""HTML pages of firsthand: one look, one way to put untrusted text into them, a bounded size.

A page is one static file with everything in it: it loads nothing and runs nothing, and forbids both
to itself, because it quotes what environments and models said (law 12). Each value that a template
shows passes through `quoted`. The looks of all pages are in `page/house.css`.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from firsthand.errors import MissingExtra
from firsthand.printable import visible
from firsthand.secrets import redact

if TYPE_CHECKING:
    from markupsafe import Markup

LONGEST_TEXTS = (4000, 1000, 250, 60)
"""Characters of one field that are shown; the next length is taken while the page is too large."""
SHORT_TEXT = 200
"""Characters of a field where a line is enough: the filter `short`."""
PIECE = 250
"""Characters that are made printable at a time."""
MARGIN = 200
"""Characters beyond the shown ones that are looked at for secrets, which are shorter."""
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
    require()
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    longest = LONGEST_TEXTS[0]

    def shown(value: Any) -> Any:
        return quoted(value, longest=longest)

    def line(text: str) -> "Markup":
        return short(text, longest=min(longest, SHORT_TEXT))

    house = PackageLoader("firsthand.evaluate", "page")
    templates = Environment(
        loader=ChoiceLoader([PackageLoader(package, folder), house]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=shown,
    )
    templates.filters["short"] = line  # pyright: ignore[reportArgumentType] - a filter of one value
    compiled = templates.get_template(template)
    page = ""
    for longest in LONGEST_TEXTS:  # the functions above read it
        page = _up_to(LARGEST_PAGE, compiled.generate(values), last=longest == LONGEST_TEXTS[-1])
        if len(page) <= LARGEST_PAGE:
            break
    return page


def _up_to(most: int, pieces: Iterable[str], *, last: bool) -> str:
    """Join the pieces of a page. One that is too large is given up early, unless it is the last."""
    found: list[str] = []
    size = 0
    for piece in pieces:
        found.append(piece)
        size += len(piece)
        if size > most and not last:
            break
    return "".join(found)


def short(text: str, *, longest: int) -> "Markup":
    """Return the beginning of a text, on one line."""
    from markupsafe import escape

    seen = redact(text[: 4 * longest + MARGIN])  # enough of a text of 5 MB
    beginning = " ".join(seen[: 4 * longest].split())
    return escape(
        quoted(beginning + seen[4 * longest :] + text[4 * longest + MARGIN :], longest=longest)
    )


def quoted(value: Any, *, longest: int = LONGEST_TEXTS[0]) -> Any:
    """Return a value as a page shows it: without secrets, of bounded length, nothing hidden in it.

    Charts are built from quoted text already (`Markup`) and stay as they are.
    """
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    # redacted before it is cut, and no more of it than may be shown: a text may have 5 MB
    beginning, unseen = value[: longest + MARGIN], len(value[longest + MARGIN :])
    text = redact(beginning)
    escaped = _escaped(text[:longest], longest)
    shown = escaped[:longest]
    if shown == text and not unseen:
        return text
    missing = len(text) + unseen - longest
    if missing > 0:
        return f"{shown} … ({missing:,} more characters)"
    return f"{shown} …" if len(escaped) > longest else escaped


def _escaped(text: str, longest: int) -> str:
    """Make a text printable, as far as it is shown: one character may become ten."""
    text = text.replace("\r\n", "\n")
    if text.isascii() and text.isprintable():
        return text
    pieces: list[str] = []
    size = start = 0
    while start < len(text) and size <= longest:
        pieces.append(visible(text[start : start + PIECE]))
        start, size = start + PIECE, size + len(pieces[-1])
    return "".join(pieces)
