"""How a verb writes to the terminal: with `tell`, `document` or a `console`, and with nothing else.

All text passes through `printable`, so that no verb has to know which of its strings came from an
environment, a tool or a model.
"""

import typer

from firsthand.printable import printable


def tell(text: str, *, err: bool = False) -> None:
    """Print text and a line break, on standard output or on standard error."""
    typer.echo(printable(text), err=err)
