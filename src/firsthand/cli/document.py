"""The `--json` side of every verb: exactly one JSON document on standard output."""

import msgspec
import typer


def document(value: object) -> None:
    """Print a value as one JSON document."""
    typer.echo(msgspec.json.format(msgspec.json.encode(value)).decode())
