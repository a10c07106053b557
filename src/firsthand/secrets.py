"""Secrets seen by this process, so that nothing that is stored, logged or shown repeats one.

Whoever reads a key registers it; whoever writes text out redacts it: decoded text, never encoded
JSON or HTML, whose syntax and field names a short key might match. A key is recognised whole, in
part, and in base64, hex and percent encoding. Left out: encrypted storage (a key comes from the
environment each time), and encodings that somebody would have to choose in order to steal it.
"""

import base64
import json
from collections.abc import Iterator
from functools import cache
from typing import Any, TypeVar, cast
from urllib.parse import quote

Text = TypeVar("Text", str, bytes)

SHORTEST = 8
"""Placeholders such as `EMPTY` or `none` are shorter: redacting them would mangle texts."""

LONGEST_WORD = 20
"""Only letters, or only digits: below this length it may be a word that an environment uses."""

MIXED_PART, PLAIN_PART = 8, 12
"""A part of a key gives it away from so many characters on: fewer where it mixes letters and
digits, because words and numbers of that length occur in ordinary text."""

MARK = "[secret]"

_parts: dict[str, tuple[str, ...]] = {}
"""For each registered secret, the shortest parts of its forms that give it away."""


def register(secret: str) -> bool:
    """Remember a secret until the process ends. False: it is taken for a placeholder or a word."""
    plain = secret.isalpha() or secret.isdigit()
    if len(secret) < SHORTEST or (plain and len(secret) < LONGEST_WORD):
        return False
    if secret not in _parts:
        encoded = {part for form in _encoded(secret) for part in _grams(form, PLAIN_PART, step=4)}
        _parts[secret] = (secret, *{*_telling(secret), *encoded})
    return True


def redact(text: Text) -> Text:
    """Replace every run of characters that gives a registered secret away by `[secret]`."""
    if not _parts:
        return text
    if isinstance(text, bytes):  # every byte is one character, so that nothing is lost on the way
        return _redacted(text.decode("latin-1")).encode("latin-1")
    return _redacted(text)


def redact_values(value: Any) -> Any:
    """Redact every text in a value made of dicts, lists and tuples, names of fields included."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        fields = cast("dict[Any, Any]", value)
        return {redact_values(key): redact_values(field) for key, field in fields.items()}
    if isinstance(value, list | tuple):
        items = [redact_values(item) for item in cast("list[Any]", value)]
        return items if isinstance(value, list) else tuple(items)
    return value


def leaks(text: str) -> bool:
    """Whether a text gives a registered secret away, also as JSON writes it."""
    return any(part in text for parts in _parts.values() for part in parts)


def _redacted(text: str) -> str:
    letters = frozenset(text)  # most parts have a letter that the text has not
    spans = sorted(
        span
        for parts in _parts.values()
        if len(letters & (alphabet := _alphabet(parts))[0]) >= alphabet[1]
        for part in parts
        if letters.issuperset(part)
        for span in _spans(text, part)
    )
    if not spans:
        return text
    pieces: list[str] = []
    end = 0
    for start, stop in spans:
        if start > end or not pieces:
            pieces += [text[end:start], MARK]
        end = max(end, stop)
    return "".join([*pieces, text[end:]])


@cache
def _alphabet(parts: tuple[str, ...]) -> tuple[frozenset[str], int]:
    """Return the letters of all parts, and how many a text has at least that holds any part."""
    return frozenset("".join(parts)), min(len(set(part)) for part in parts)


def _spans(text: str, part: str) -> Iterator[tuple[int, int]]:
    start = text.find(part)
    while start >= 0:
        yield start, start + len(part)
        start = text.find(part, start + 1)


def _telling(secret: str) -> Iterator[str]:
    """Yield the shortest parts of a secret that give it away."""
    for length in (MIXED_PART, PLAIN_PART):
        for part in _grams(secret, length):
            mixed = any(c.isalpha() for c in part) and any(c.isdigit() for c in part)
            if mixed or (length == PLAIN_PART and not part.isalpha() and not part.isdigit()):
                yield part


def _encoded(secret: str) -> set[str]:
    """Return the secret in base64 at any offset, in hex, percent-encoded and as JSON writes it."""
    raw = secret.encode()
    forms = {raw.hex(), raw.hex().upper(), quote(secret, safe=""), json.dumps(secret)[1:-1]}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for offset in range(3):
            # what stands before the secret decides the first characters, what follows the last one
            forms.add(encode(bytes(offset) + raw).decode().rstrip("=")[(0, 2, 3)[offset] : -1])
    return forms - {secret}


def _grams(text: str, length: int, *, step: int = 1) -> Iterator[str]:
    for start in range(0, len(text) - length + 1, step):
        yield text[start : start + length]
