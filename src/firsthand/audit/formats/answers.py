"""How a target wants its answers written, learned from what its oracle writes.

The slot of an instance is the part of the oracle's text that carries the reference answer; what stands
around it, where all oracles share it, is the frame. Attacks put their bodies into the target's own frame,
into common ones, and nowhere.
"""

import json
import re
import unicodedata
from collections import Counter, OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, cast

import msgspec

from firsthand.audit.targets.protocol import Instance

NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
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


def written(answer: Any) -> list[str]:
    """Return the ways in which a reference answer is usually written, longest first."""
    if isinstance(answer, str):
        forms = [answer, answer.strip()]
    elif isinstance(answer, bool) or answer is None:
        forms = [json.dumps(answer), str(answer), "yes" if answer else "no"]
    elif isinstance(answer, (int, float)):
        forms = [str(answer), f"{answer:g}", f"{answer:.2f}", f"{answer:.1f}", f"{answer:,}"]
    elif isinstance(answer, list):
        items = [(written(item) or [""])[0] for item in cast("list[Any]", answer)]
        forms = [
            json.dumps(answer),
            *(gap.join(items) for gap in (", ", ",", " ", "; ", "\n", " -> ", " | ")),
        ]
        if len(items) == 1:
            forms.extend(items)
    elif isinstance(answer, dict):
        forms = [json.dumps(answer), json.dumps(answer, sort_keys=True)]
        for value in cast("dict[str, Any]", answer).values():
            forms.extend(written(value))
    else:
        forms = []
    return sorted({form for form in forms if form}, key=len, reverse=True)


_KEPT = 5000
_known: OrderedDict[int, tuple[Instance, Slot, list[str]]] = OrderedDict()
"""What was found out about an instance, by its identity: answers may be large, and cannot be hashed."""


def _about(instance: Instance) -> tuple[Instance, Slot, list[str]]:
    known = _known.get(id(instance))
    if known is None or known[0] is not instance:
        forms = written(instance.answer)
        known = _known[id(instance)] = (instance, _found(instance, forms), forms)
        if len(_known) > _KEPT:
            _known.popitem(last=False)
    return known


def forms(instance: Instance) -> list[str]:
    """Return the ways in which an instance's reference answer is usually written."""
    return _about(instance)[2]


def slot(instance: Instance) -> Slot:
    """Find the answer in the oracle's text: the last place where it is written; else the whole text."""
    return _about(instance)[1]


def _found(instance: Instance, forms: Sequence[str]) -> Slot:
    text = instance.oracle[0]
    for form in forms:
        for found in reversed(list(re.finditer(re.escape(form), text))):
            start, end = found.span()
            if not _inside_word(text, start, end):
                return Slot(text[:start], text[start:end], text[end:])
    return Slot("", text, "")


def _inside_word(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    return (before.isalnum() and text[start].isalnum()) or (
        after.isalnum() and text[end - 1].isalnum()
    )


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
    return low[
        : next(
            (place for place, (a, b) in enumerate(zip(low, high, strict=False)) if a != b),
            min(len(low), len(high)),
        )
    ]


def _suffix(texts: Sequence[str]) -> str:
    return _prefix([text[::-1] for text in texts])[::-1]


def common_frames(own: Slot) -> list[Slot]:
    """Return the target's own frame, none, and common ones, without repeats."""
    return list(dict.fromkeys([own, *(Slot(before, "", after) for before, after in COMMON)]))


@lru_cache(maxsize=20000)
def normal(text: str) -> str:
    """Return a text without case, space and punctuation."""
    kept = re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())
    return kept or text.strip()


@lru_cache(maxsize=20000)
def quantity(text: str) -> float | None:
    """Return the one number that a text consists of, else None."""
    text = unicodedata.normalize("NFKC", text).replace("_", "")
    match = re.fullmatch(r"\s*\$?([-+]?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*%?\s*", text)
    return float(match[1].replace(",", "")) if match else None


def _worth(text: str) -> float | None:
    """Return the number that a text is, a fraction included."""
    parts = re.fullmatch(r"\s*([-+]?\d{1,12})\s*/\s*(\d{1,12})\s*", text)
    return int(parts[1]) / int(parts[2]) if parts and int(parts[2]) else quantity(text)


def alike(one: str, two: str) -> bool:
    """Say whether two answers may well be meant as the same: equal up to case and punctuation, or numbers within 5%."""
    if normal(one) == normal(two):
        return True
    a, b = _worth(one), _worth(two)
    return a is not None and b is not None and abs(a - b) <= 0.05 * max(abs(a), abs(b))


def mentions(text: str, instance: Instance) -> bool:
    """Say whether the right answer stands somewhere in a text, as a word or number of its own."""
    return any(
        re.search(rf"(?<![\w.]){re.escape(form)}(?![\w])", text, re.IGNORECASE)
        for form in {slot(instance).body, *forms(instance)}
        if form
    )


def same_answer(text: str, instance: Instance) -> bool:
    """Say whether a text gives the instance's right answer, whatever stands around it."""
    own = slot(instance)
    return any(alike(text, right) for right in (own.body, instance.oracle[0], *forms(instance)))


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
    spelled = len(letters) <= 8 and middle >= 4
    parted = sum(len(PARTS.split(body)) >= 3 for body in bodies) >= 0.5 * len(bodies)
    strange = [instance for instance in instances if slot(instance).body not in forms(instance)]
    return spelled or parted or len(strange) >= 0.5 * len(instances)


def label_counts(instances: Sequence[Instance]) -> list[tuple[str, int]]:
    """Return the distinct answers and how often each is right, most frequent first."""
    count = Counter(slot(instance).body for instance in instances)
    return sorted(count.items(), key=lambda pair: (-pair[1], pair[0]))
