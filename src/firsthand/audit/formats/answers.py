"""How a target wants its answers written, learned from what its oracle writes.

The slot of an instance is the part of the oracle's text that carries the reference answer; what
stands around it, where all oracles share it, is the frame. Attacks put their bodies into the
target's own frame, into common ones, and nowhere.
"""

import json
import re
from collections import Counter, OrderedDict
from collections.abc import Sequence
from typing import Any, cast

import msgspec

from firsthand.audit.formats.committed import Span, after_reasoning, committed, trimmed
from firsthand.audit.formats.sameness import NUMBER, alike, normal, quantity
from firsthand.audit.formats.values import leaves, written
from firsthand.audit.targets.protocol import Instance
from firsthand.audit.thresholds import (
    MANY_OF_THEM,
    PARTS_OF_MANY,
    SPELLED_LENGTH,
    SPELLED_LETTERS,
)

__all__ = [
    "COMMON",
    "NUMBER",
    "Slot",
    "accepted",
    "alike",
    "common_frames",
    "forms",
    "frame_of",
    "label_counts",
    "located",
    "many_right_answers",
    "mentions",
    "normal",
    "quantity",
    "same_answer",
    "slot",
    "written",
]
COMMON = (
    ("", ""),
    ("<answer>", "</answer>"),
    ("\\boxed{", "}"),
    ("Answer: ", ""),
    ("#### ", ""),
    ('{"answer": "', '"}'),
)


class Slot(msgspec.Struct, frozen=True):
    """A text in three parts: before the answer, the answer, after it."""

    before: str
    body: str
    after: str

    def put(self, body: str) -> str:
        """Return the text with another answer."""
        return self.before + body + self.after


class _Known(msgspec.Struct, frozen=True):
    """What was found out about one instance."""

    instance: Instance
    slot: Slot
    located: bool
    forms: list[str]


_KEPT = 5000
_known: OrderedDict[int, _Known] = OrderedDict()
"""By the instance's identity: answers may be large, and cannot be hashed."""


def _about(instance: Instance) -> _Known:
    known = _known.get(id(instance))
    if known is None or known.instance is not instance:
        text = instance.oracle[0]
        span = _reference(text, instance.answer)
        start, end = span or _unlocated(text)
        slot = Slot(text[:start], text[start:end], text[end:])
        known = _Known(instance, slot, span is not None, _forms(instance.answer, slot.body))
        _known[id(instance)] = known
        if len(_known) > _KEPT:
            _known.popitem(last=False)
    return known


def forms(instance: Instance) -> list[str]:
    """Return the ways in which an instance's reference answer is usually written."""
    return _about(instance).forms


def slot(instance: Instance) -> Slot:
    """Find the answer in the oracle's text.

    It is looked for where the text commits to an answer, as a whole and then value by value.
    """
    return _about(instance).slot


def located(instance: Instance) -> bool:
    """Say whether the reference answer itself was found in the oracle's text."""
    return _about(instance).located


def accepted(instance: Instance) -> list[str]:
    """Return the accepted answers, where the reference lists several and the oracle writes one."""
    answer = instance.answer
    return _alternatives(answer, slot(instance).body)


# --- the answer in the oracle's text -------------------------------------------------------------


def _reference(text: str, answer: Any) -> Span | None:
    """Return where the reference answer is written, as a whole or in all its values."""
    marked = committed(text)
    start, end = marked or (0, len(text))
    region = text[start:end]
    is_json = isinstance(answer, (dict, list)) and isinstance(_as_json(region), (dict, list))
    found = _whole(region, answer) or ((0, len(region)) if is_json else _spread(region, answer))
    if found is None:
        return None
    return start + found[0], start + found[1]


def _unlocated(text: str) -> Span:
    """Return where the answer is, though it is not what the reference says."""
    return committed(text) or after_reasoning(text)


def _whole(region: str, answer: Any) -> Span | None:
    alternatives = _alternatives(answer, region.strip())
    for form in alternatives or written(answer):
        for found in reversed(list(re.finditer(re.escape(form), region))):
            if not _inside_word(region, *found.span()):
                return found.span()
    return None


def _alternatives(answer: Any, body: str) -> list[str]:
    """Return the elements of a list of which a text is exactly one; empty where it is none."""
    if not isinstance(answer, list):
        return []
    items = cast("list[Any]", answer)
    if len(items) < 2 or any(isinstance(item, (dict, list)) for item in items):
        return []
    ways = [written(item) for item in items]
    one_of_them = any(form.strip() == body.strip() for way in ways for form in way)
    return sorted({form for way in ways for form in way}, key=len, reverse=True) * one_of_them


def _spread(region: str, answer: Any) -> Span | None:
    """Return the part of a text that holds all values of a dict or list that stand in it."""
    if not isinstance(answer, (dict, list)):
        return None
    needed = Counter[str]()
    keys: set[str] = set()
    for path, leaf in leaves(answer):
        needed[str(leaf)] += 1
        keys |= {key for key in path if isinstance(key, str)}
    spans = [span for key in keys for span in _places(region, [key])[-1:]]
    values = [
        span for leaf, times in needed.items() for span in _places(region, written(leaf))[-times:]
    ]
    if not values:
        return None
    start = min(start for start, _ in spans + values)
    end = max(end for _, end in spans + values)
    if "\n" in region[start:end]:
        start = region.rfind("\n", 0, start) + 1
        stop = region.find("\n", end)
        start, end = trimmed(region, (start, stop if stop >= 0 else len(region)))
    return start, end


def _places(text: str, forms: Sequence[str]) -> list[Span]:
    """Return where the first of the forms that occurs stands in a text, as words of its own."""
    for form in forms:
        found = [match.span() for match in re.finditer(re.escape(form), text, re.IGNORECASE)]
        found = [span for span in found if not _inside_word(text, *span)]
        if found:
            return found
    return []


def _inside_word(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    return (before.isalnum() and text[start].isalnum()) or (
        after.isalnum() and text[end - 1].isalnum()
    )


# --- frames --------------------------------------------------------------------------------------


def frame_of(instances: Sequence[Instance]) -> Slot:
    """Return what stands around the answer in all oracles; empty where they share nothing."""
    slots = [slot(instance) for instance in instances]
    if not slots:
        return Slot("", "", "")
    before, after = _suffix([s.before for s in slots]), _prefix([s.after for s in slots])
    if not before and not after and len({s.body for s in slots}) > 2:
        bodies = [s.body for s in slots]
        before, after = _prefix(bodies), _suffix(bodies)
        before, after = re.sub(r"[\w.+-]*$", "", before), re.sub(r"^[\w.+-]*", "", after)
    return Slot(before, "", after)


def _prefix(texts: Sequence[str]) -> str:
    low, high = min(texts), max(texts)
    pairs = enumerate(zip(low, high, strict=False))
    return low[: next((place for place, (a, b) in pairs if a != b), min(len(low), len(high)))]


def _suffix(texts: Sequence[str]) -> str:
    return _prefix([text[::-1] for text in texts])[::-1]


def common_frames(own: Slot) -> list[Slot]:
    """Return the target's own frame, none, and common ones, without repeats."""
    return list(dict.fromkeys([own, *(Slot(before, "", after) for before, after in COMMON)]))


# --- what may be right ---------------------------------------------------------------------------


def _forms(answer: Any, body: str) -> list[str]:
    return _alternatives(answer, body) or written(answer)


def mentions(text: str, instance: Instance) -> bool:
    """Say whether the right answer stands somewhere in a text, as words or numbers of its own.

    An answer of several values stands in a text that holds them all.
    """
    if any(_said(form, text) for form in {slot(instance).body, *forms(instance)} if form):
        return True
    if not isinstance(instance.answer, (dict, list)) or accepted(instance):
        return False
    parts = [written(leaf) for _, leaf in leaves(instance.answer)]
    return all(any(_said(form, text) for form in ways) for ways in parts if ways)


def _said(form: str, text: str) -> bool:
    return bool(re.search(rf"(?<![\w.]){re.escape(form)}(?![\w])", text, re.IGNORECASE))


def same_answer(text: str, instance: Instance) -> bool:
    """Say whether a text gives the instance's right answer, whatever stands around it."""
    own = slot(instance)
    if any(alike(text, right) for right in (own.body, instance.oracle[0], *forms(instance))):
        return True
    return isinstance(instance.answer, (dict, list)) and _as_json(text) == instance.answer


def _as_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


PARTS = re.compile(r"[,;|\n]|->|\s")


def many_right_answers(instances: Sequence[Instance]) -> bool:
    """Say whether an instance may have many right answers.

    So it is taken where the oracle's answer is made of parts, or is not what the reference tells.
    """
    bodies = [slot(instance).body.strip() for instance in instances]
    if not bodies:
        return False
    letters = {letter for body in bodies for letter in body}
    middle = sorted(map(len, bodies))[len(bodies) // 2]
    spelled = len(letters) <= SPELLED_LETTERS and middle >= SPELLED_LENGTH
    parts = [len(PARTS.split(body)) for body in bodies]
    parted = sum(n >= PARTS_OF_MANY for n in parts) >= MANY_OF_THEM * len(bodies)
    strange = [instance for instance in instances if slot(instance).body not in forms(instance)]
    return spelled or parted or len(strange) >= MANY_OF_THEM * len(instances)


def label_counts(instances: Sequence[Instance]) -> list[tuple[str, int]]:
    """Return the distinct answers and how often each is right, most frequent first."""
    count = Counter(slot(instance).body for instance in instances)
    return sorted(count.items(), key=lambda pair: (-pair[1], pair[0]))
