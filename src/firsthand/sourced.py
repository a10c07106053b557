"""Names of environments that other packages hold: `gymnasium:Pendulum-v1?solved_at=-200`.

That is a source, its own name for an environment, and what the name alone does not tell. A class is
named `domain/family` in letters, digits and `_`, so tasks and journals write the same name as
`gymnasium/Pendulum_v1_3Fsolved_5Fat_3D_2D200`: `-` as `_`, other characters as `_` and two
hexadecimal digits. It reads back exactly, so that any process can make the environment again.
"""

import inspect
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

import msgspec

from firsthand.errors import UnknownName, UserError

_PLAIN_DASH = rb"-(?=[A-Za-z0-9])(?![0-9A-F]{2})"
"""A dash that cannot be mistaken, once it is `_`, for the beginning of a written byte."""
_TO_SPELL = re.compile(rb"(%s)|[^A-Za-z0-9]" % _PLAIN_DASH)
_SPELLED = re.compile(rb"_([0-9A-F]{2})?")


class Sourced(NamedTuple):
    """A name that has been read, with its arguments still as texts."""

    source: str
    name: str
    told: dict[str, str]

    def __str__(self) -> str:
        return f"{self.source}:{self.name}"


def read(name: str) -> Sourced | None:
    """Read `SOURCE:NAME?KEY=VALUE&...`, or the same as `domain/family`; None: it is neither.

    Raises `UserError` for a query that cannot be read.
    """
    source, colon, rest = name.partition(":")
    if not colon:
        domain, _, family = name.partition("/")
        source, rest = _unspelled(domain), _unspelled(family)
    if not source or not rest:
        return None
    rest, _, query = rest.partition("?")
    return Sourced(source, rest, _query(query, name) if query else {})


def written(source: str, name: str, told: Mapping[str, Any]) -> str:
    """Write the name of a class: one for each way of telling the same. None tells nothing.

    Raises `TypeError` for a value that JSON cannot say.
    """
    query = "&".join(f"{key}={_text(told[key])}" for key in sorted(told) if told[key] is not None)
    return f"{_spelled(source)}/{_spelled(f'{name}?{query}' if query else name)}"


def arguments(function: Callable[..., Any], wanted: Sourced) -> dict[str, Any]:
    """Return the keyword arguments of a source's function that a name tells.

    Raises `UnknownName`, and `UserError` for a value of another type, or a function.
    """
    parameters = inspect.signature(function).parameters.values()
    own = [each.name for each in parameters if each.kind is each.KEYWORD_ONLY]
    known = sorted({*own} - {"name"})
    if not any(each.kind is each.VAR_KEYWORD for each in parameters) or "name" in wanted.told:
        for key in wanted.told:
            if key not in known:
                hint = f"A name can tell: {', '.join(known)}." if known else "It takes none."
                raise UnknownName(f"argument of {wanted}", key, known, hint=hint)
    hints = get_type_hints(function)
    return {
        key: _converted(text, hints.get(key, Any), f"{key} of {wanted}")
        for key, text in wanted.told.items()
    }


def _query(query: str, name: str) -> dict[str, str]:
    from urllib.parse import unquote  # deferred: most names have no query

    told: dict[str, str] = {}
    for part in query.split("&"):
        key, equals, text = part.partition("=")
        if not key or not equals or key in told:
            raise UserError(
                f"What follows ? in {name!r} is KEY=VALUE, each once, with & between: got {part!r}."
            )
        told[key] = unquote(text)
    return told


def _converted(text: str, hint: Any, what: str) -> Any:
    """Read a value as JSON, or else as the text that it is. Raises `UserError`."""
    if any(get_origin(part) is Callable for part in (hint, *get_args(hint))):
        raise UserError(
            f"{what} is a function, which no name can tell: adopt it in your own program."
        )
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    try:
        return msgspec.convert(value, hint, strict=False)
    except msgspec.ValidationError as error:
        try:
            return msgspec.convert(text, hint, strict=False)
        except msgspec.ValidationError:
            raise UserError(f"{what} cannot be {text!r}: {error}") from None


def _text(value: Any) -> str:
    """Write a value so that it reads back: a text as it is, unless that would read as JSON."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    said = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if isinstance(value, str):
        try:
            json.loads(value)
        except (ValueError, RecursionError):
            said = value
    return said.replace("%", "%25").replace("&", "%26")


def _spelled(text: str) -> str:
    """Write any text in letters, digits and `_`, never two `_` in a row."""
    return _TO_SPELL.sub(
        lambda found: b"_" if found[1] else b"_%02X" % found[0][0], text.encode()
    ).decode()


def _unspelled(text: str) -> str:
    """Read what `_spelled` wrote; an empty text: it wrote no such thing."""
    try:
        found = _SPELLED.sub(
            lambda found: bytes([int(found[1], 16)]) if found[1] else b"-", text.encode()
        ).decode()
    except UnicodeDecodeError:
        return ""
    return found if _spelled(found) == text else ""
