"""Edits of symbols that carry meaning: decimal points, colons, slashes, the sharp of C#.

Normalisers that drop punctuation before comparing drop these too.
"""

import re
from collections.abc import Iterator

from firsthand.audit.checks.answers.edits.edit import Edit, Source
from firsthand.audit.formats.answers import slot
from firsthand.audit.formats.sameness import quantity

NAMES = {".": "decimal points", ":": "colons", "/": "slashes", "-": "hyphens and minus signs"}
CASE = re.compile(r"case[- ]sensitiv|upper[- ]?case|lower[- ]?case|capital letter", re.IGNORECASE)

CASE_IS_FREE = re.compile(
    r"case[- ]insensitiv|\b(upper|lower)[- ]?(case)? (or|and) (upper|lower)"
    r"|\b(any|either|regardless of|ignor\w+( the)?) (letter )?case\b"
    r"|\b(case|capitals?|capital letters)\b[^.!?]*\b(may be|can be|optional|(do|does)( not|n't) "
    r"matter|(is|are) (not important|ignored|optional|up to you))",
    re.IGNORECASE,
)
"""How prompts say that case does not matter, though they speak of it."""


def symbols(source: Source) -> Iterator[Edit]:
    """Yield the answer with a symbol moved or dropped, and in other case where case counts."""
    body = source.body.strip()
    if len(body) <= 40:
        yield from _between_digits(body)
        yield from _of_names(body)
        yield from _ends(source, body)
    prompt = source.instance.prompt
    asked = CASE.search(prompt) and not CASE_IS_FREE.search(prompt)
    if asked and body.swapcase() != body and len(body) <= 40:
        yield Edit("case changed", body.swapcase(), "upper and lower case", close=True)


def _between_digits(body: str) -> Iterator[Edit]:
    """Move a symbol between digits by one place, or drop it where there is no place to move to."""
    for symbol, name in NAMES.items():
        found = re.search(rf"(?<=\d){re.escape(symbol)}(?=\d)", body)
        if not found or (symbol == "." and quantity(body) is None):
            continue
        left, right = body[: found.start()], body[found.end() :]
        ignored = f"{name} between digits"
        moved = left[:-1] + symbol + left[-1] + right
        if re.search(r"\d\d$", left) and _numbers(moved) != _numbers(body):
            yield Edit("symbol moved", moved, ignored, close=True)
        elif re.fullmatch(r"-?\d", left) and re.match(r"\d(?!\d)|\d+$", right):
            yield Edit("symbol dropped", left + right, ignored, close=True)


def _numbers(text: str) -> list[int]:
    """Return the runs of digits as numbers: `00:26` and `0:026` are the same time."""
    return [int(digits) for digits in re.findall(r"\d+", text)]


def _of_names(body: str) -> Iterator[Edit]:
    """Drop the signs of short names such as C++, C#, A+ and O-."""
    if re.fullmatch(r"[A-Za-z]{1,3}[+#*-]+", body):
        yield Edit("sign of a name dropped", body.rstrip("+#*-"), "the sign at its end", close=True)


def _ends(source: Source, body: str) -> Iterator[Edit]:
    """Exchange round and square brackets of an interval, where answers have both."""
    found = re.fullmatch(r"([(\[])([^()\[\]]+[,;][^()\[\]]+)([)\]])", body)
    if not found:
        return
    ends = [slot(other).body.strip() for other in source.others(12)]
    if not any(end[:1] + end[-1:] in ("(]", "[)") for end in (*ends, body)):
        return
    one, two = {"(": "[", "[": "("}[found[1]], {")": "]", "]": ")"}[found[3]]
    turned = one + found[2] + two
    yield Edit("brackets exchanged", turned, "which ends belong to it", close=True)
