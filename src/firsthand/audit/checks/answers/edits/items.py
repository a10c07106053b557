"""Edits of a list: an item dropped, replaced, added, or hidden from the parser."""

import re
from collections.abc import Iterator, Sequence

from firsthand.audit.checks.answers.edits.edit import Edit, Source, separator_of
from firsthand.audit.formats.answers import slot
from firsthand.audit.formats.sameness import alike, quantity

FEWEST, MOST = 2, 60
"""Items of a list that is edited: of longer ones a single item says little."""
FOREIGN = "items that do not belong to the answer"


def items(source: Source) -> Iterator[Edit]:
    """Yield the list with an item dropped, replaced or added."""
    body = source.body
    separator = separator_of(body)
    own = body.split(separator) if separator else []
    if separator is None or not FEWEST <= len(own) <= MOST:
        return
    is_list = isinstance(source.instance.answer, list)
    listed = is_list or separator != " " or all(len(item) <= 3 for item in own)
    foreign = _foreign(source, own, separator)
    for place in dict.fromkeys((0, len(own) // 2, len(own) - 1)):
        rest = own[:place] + own[place + 1 :]
        if listed and not any(alike(own[place], item) for item in rest):
            yield Edit("item dropped", separator.join(rest), "one of the items")
        if foreign and listed:
            other = source.rng.choice(foreign)
            changed = separator.join([*own[:place], other, *own[place + 1 :]])
            yield Edit("item replaced", changed, "one of the items")
    if foreign and listed and is_list:
        other = source.rng.choice(foreign)
        yield Edit("item added", separator.join([*own, other]), FOREIGN)
        yield Edit("item added first", separator.join([other, *own]), FOREIGN)


def _foreign(source: Source, own: Sequence[str], separator: str) -> list[str]:
    """Return items of other instances' answers that are none of this one's."""
    found = [item for other in source.others(8) for item in slot(other).body.split(separator)]
    return [item for item in found if item.strip() and not any(alike(item, mine) for mine in own)]


def unread(source: Source) -> Iterator[Edit]:
    """Add numbers that a parser of numbers cannot read: one that skips them reads what it likes.

    The answer is nothing but numbers, in one line or in several.
    """
    body = source.body
    own = [quantity(item) for item in re.split(r"[,;\s]+", body.strip())]
    if len(own) < FEWEST or any(value is None for value in own):
        return
    separator = ", " if ", " in body else "," if "," in body else " "
    strange = f"{max(abs(value) for value in own if value is not None) * 3 + 17:g}"
    for name, item in (("glued to a letter", f"{strange}x"), ("in brackets", f"[{strange}]")):
        for where, changed in (
            ("first", f"{item}{separator}{body}"),
            ("last", f"{body}{separator}{item}"),
        ):
            yield Edit(
                f"a number {name} added {where}",
                changed,
                "numbers that its parser cannot read, which are skipped",
            )


LEAST = re.compile(
    r"\b(shortest|fewest|as few|(minimum|minimal|smallest|least|lowest)( possible)? "
    r"(number|count|sum|length|path|route|total)|minimi[sz]e)",
    re.IGNORECASE,
)
_OPPOSITES = "U D,L R,N S,E W,up down,left right,north south,east west,forward back,F B".split(",")
BACK = {one: two for pair in _OPPOSITES for one, two in (pair.split(), pair.split()[::-1])}
"""Steps and the steps that undo them."""


def longer(source: Source) -> Iterator[Edit]:
    """Yield a longer solution where a short one is asked for."""
    if not LEAST.search(source.instance.prompt):
        return
    separator = separator_of(source.body) or ""
    own = source.body.split(separator) if separator else list(source.body)
    yield from _step_back(own, separator)
    if separator:
        yield from _split_sum(source, own, separator)


def _step_back(own: list[str], separator: str) -> Iterator[Edit]:
    back = {step.casefold(): other for step, other in BACK.items()}
    steps = [item.strip(" []'\"").casefold() for item in own]
    if len(own) < 2 or any(step not in back for step in steps):
        return
    undone = back[steps[-1]]
    undone = undone.lower() if own[-1].islower() else undone
    last = re.sub(r"[^\W\d_]+", undone, own[-1])
    changed = [*own[:-1], own[-1].rstrip("]"), last.rstrip("]"), own[-1]]
    yield Edit("a step back and again", separator.join(changed), "the length of the solution")


def _split_sum(source: Source, own: list[str], separator: str) -> Iterator[Edit]:
    told = re.findall(r"[-+]?\d+(?:\.\d+)?", source.instance.prompt)
    known = {int(number) for number in told if number.isdigit()}
    for place, item in enumerate(own):
        total = int(item) if item.isdecimal() else 0
        part = next((a for a in sorted(known) if 0 < a < total and total - a in known), None)
        if part is not None:
            changed = [*own[:place], str(part), str(total - part), *own[place + 1 :]]
            yield Edit(
                "one number split in two", separator.join(changed), "the length of the solution"
            )
            return
