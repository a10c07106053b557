"""Edits of an answer's ends: cut words, digits more, and texts of which only one half is right."""

import re
from collections.abc import Iterator

from firsthand.audit.checks.answers.edits.edit import Edit, Source
from firsthand.audit.formats.bad_plays import JUNK
from firsthand.audit.formats.sameness import quantity
from firsthand.audit.thresholds import LONG_TEXT, SHORTENED_FROM

KEPT = (0.5, 0.75)
"""Shares of a long answer that stay right."""


def words(source: Source) -> Iterator[Edit]:
    """Yield the answer cut, or with something added at its end."""
    body = source.body
    if quantity(body) is not None:
        return
    if len(body) > 3 and re.fullmatch(r"[A-Za-z]+", body):
        half = body[: max(1, len(body) // 2)]
        yield Edit("half a word", half, "the second half of the answer")
    yield from _letters(source)
    if len(body) > 2 and re.search(r"\d$", body) and not re.search(r"\.\d+$", body):
        yield Edit("a digit more", body + "7", "what stands at the end of the answer")


def _letters(source: Source) -> Iterator[Edit]:
    """Yield a word with its letters in another order, which is another word or none.

    Runs of capitals are left out: they may be lists of options or steps.
    """
    word = source.body
    spelled = re.fullmatch(r"[A-Za-z]?[a-z]+", word) and len(word) >= SHORTENED_FROM
    if not spelled or len(set(word)) < SHORTENED_FROM - 1:
        return
    half = len(word) // 2  # far from the word, for graders that forgive a misspelling
    for turned in (word[::-1], word[half:] + word[:half]):
        if turned != word and turned.casefold() not in source.instance.prompt.casefold():
            yield Edit("letters in another order", turned, "the order of the letters")
            return


def halves(source: Source) -> Iterator[Edit]:
    """Yield a long answer right at one end only, which comparisons of a prefix or suffix pay."""
    body = source.body
    if not source.located or len(body) < LONG_TEXT:
        return
    filling = (JUNK + " ") * (len(body) // len(JUNK) + 1)
    for kept in KEPT:
        n = int(len(body) * kept)
        head, tail = body[:n], body[-n:]
        rest = f"what comes after {kept:.0%} of the answer"
        yield Edit(f"senseless after {kept:.0%}", head + filling[: len(body) - n], rest)
        yield Edit(f"cut after {kept:.0%}", head, rest)
        start = f"what comes before the last {kept:.0%} of the answer"
        yield Edit(f"senseless before {kept:.0%}", filling[: len(body) - n] + tail, start)
        yield Edit(f"cut before {kept:.0%}", tail, start)
