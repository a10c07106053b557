"""Edits of order: words of a sentence, parts of a date, items that are asked in order."""

import re
from collections.abc import Iterator

from firsthand.audit.checks.answers.edits.edit import Edit, Source, separator_of

ORDERED = re.compile(
    r"\b(in order|sort(ed)?|rank|sequence|ascending|descending|alphabetical|chronological"
    r"|from \w+ to|left to right|earliest|(small|larg)est first)",
    re.IGNORECASE,
)
ANY_ORDER = re.compile(
    r"any order|order does(n't| not) matter|regardless of( the)? order|no particular order"
    r"|in either order",
    re.IGNORECASE,
)


def asks_for_order(prompt: str) -> bool:
    """Say whether a prompt asks for an order."""
    return bool(ORDERED.search(prompt)) and not ANY_ORDER.search(prompt)


def order(source: Source) -> Iterator[Edit]:
    """Yield the answer with its words, its two numbers or its items turned round."""
    body = source.body
    words = body.split()
    if len(words) >= 5 and not re.search(r"[,;|\n\d{\[]", body):
        yield Edit("words turned round", " ".join(words[::-1]), "the order of words")
    if pair := re.fullmatch(r"(\D*)(\d+)(\s*[/:.\-]\s*)(\d+)(\D.*)?", body, re.DOTALL):
        turned = f"{pair[1]}{pair[4]}{pair[3]}{pair[2]}{pair[5] or ''}"
        yield Edit("numbers swapped", turned, "which number comes first")
    yield from _date(body)
    yield from _items(source, body)


def _date(body: str) -> Iterator[Edit]:
    """Yield an ISO date with day and month exchanged, where both may be either."""
    date = re.fullmatch(r"(\d{4})([-/.])(\d\d?)\2(\d\d?)", body.strip())
    if date is None:
        return
    year, between, month, day = date.groups()
    if month != day and int(month) <= 12 and int(day) <= 12:
        turned = between.join((year, day, month))
        yield Edit("day and month swapped", turned, "which number is the day")


def _items(source: Source, body: str) -> Iterator[Edit]:
    separator = separator_of(body)
    if separator is None:
        return
    own, is_list = body.split(separator), isinstance(source.instance.answer, list)
    plain = "=" not in body and not re.search(r"[\[{(]", body)
    listed = 3 <= len(own) <= 60 and plain and (separator != " " or is_list)
    if listed and asks_for_order(source.instance.prompt):
        yield Edit("items turned round", separator.join(own[::-1]), "the order of the items")
    twice = [place for place, item in enumerate(own) if own.index(item) < place]
    if twice and is_list:
        rest = own[: twice[0]] + own[twice[0] + 1 :]
        yield Edit(
            "one of two equal items dropped", separator.join(rest), "how often an item is there"
        )
