"""The `--json` side of every verb: exactly one JSON document on standard output."""

import re
from typing import Any, cast

import msgspec
import typer

from firsthand.printable import printable
from firsthand.secrets import redact


def document(value: object) -> None:
    """Print a value as one JSON document, without secrets, and safe to show in a terminal."""
    plain = _redacted(msgspec.to_builtins(value, str_keys=True))
    typer.echo(escaped(msgspec.json.format(msgspec.json.encode(plain)).decode()))


def escaped(json: str) -> str:
    r"""Return the same document with control and format characters as `\uXXXX`, as JSON allows in
    strings.
    """
    return json if json.isascii() else re.sub(r"[^\x00-\x7f]", _shown, json)


def _redacted(value: Any) -> Any:
    """Redact each string on its own: in the document a secret could span its syntax."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value).items()
        return {redact(name): _redacted(inner) for name, inner in pairs}
    if isinstance(value, list):
        return [_redacted(inner) for inner in cast("list[Any]", value)]
    return value


def _shown(match: re.Match[str]) -> str:
    letter = match[0]
    if printable(letter) == letter:
        return letter
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
