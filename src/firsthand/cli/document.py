"""The `--json` side of every verb: exactly one JSON document on standard output."""

import re

import msgspec
import typer

from firsthand.printable import printable
from firsthand.secrets import redact_values


def document(value: object) -> None:
    """Print a value as one JSON document, without secrets, and safe to show in a terminal."""
    plain = redact_values(msgspec.to_builtins(value, str_keys=True))
    typer.echo(escaped(msgspec.json.format(msgspec.json.encode(plain)).decode()))


def escaped(json: str) -> str:
    r"""Return the same document with control and format characters as `\uXXXX`, as JSON allows in
    strings.
    """
    return json if json.isascii() else re.sub(r"[^\x00-\x7f]", _shown, json)


def _shown(match: re.Match[str]) -> str:
    letter = match[0]
    if printable(letter) == letter:
        return letter
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
