"""The rich console of the verbs: for tables, styled text and progress bars. Imported when it is
used.
"""

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from firsthand.printable import printable


class SafeConsole(Console):
    """A console that takes strings for text, never for markup, and escapes what would drive the
    terminal.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, **options)

    def prose(self, text: str | Text, style: str = "") -> None:
        """Print text in lines that end between words; what is not a terminal gets them unbroken."""
        self.print(text, style=style, soft_wrap=not self.is_terminal)

    def render_str(self, text: str, **options: Any) -> Text:
        """Escape a string before it is measured and wrapped."""
        return super().render_str(printable(text), **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Escape the text of every segment; the console's own control codes stay."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(printable(segment.text), segment.style)
