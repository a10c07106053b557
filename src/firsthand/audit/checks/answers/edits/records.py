"""Edits of JSON records and tool calls: values altered, emptied, left out, at any depth."""

import json
import re
from collections.abc import Iterator
from typing import Any, cast

from firsthand.audit.checks.answers.edits.clauses import of_text
from firsthand.audit.checks.answers.edits.edit import Edit, Source
from firsthand.audit.checks.answers.edits.order import asks_for_order
from firsthand.audit.formats import json_values
from firsthand.audit.formats.answers import slot
from firsthand.audit.formats.json_values import Place
from firsthand.audit.thresholds import MOST_KEYS, SHORTENED_FROM

OPPOSITES = {
    one: two
    for pair in "low high,true false,yes no,asc desc,left right,on off,open closed,min max".split(
        ","
    )
    for one, two in (pair.split(), pair.split()[::-1])
}
"""Values that are as plausible as the right one."""
OPTIONAL = re.compile(r"\b(optional|defaults?|may be (left out|omitted)|if (given|needed))\b", re.I)
"""Prompts that let single values be left out."""


def records(source: Source) -> Iterator[Edit]:
    """Yield the record with each value altered, emptied or left out."""
    record = json_values.record(source.body)
    if record is None:
        return
    yield from _shortened(record, source.instance.prompt)
    known = _known_values(source)
    for place in list(json_values.places(record, source.instance.answer))[:MOST_KEYS]:
        yield from _altered(source, record, place, known.get(place.name, []))
        if isinstance(place.value, (dict, list)) or not OPTIONAL.search(source.instance.prompt):
            yield from _removed(record, place)


def _shortened(record: Any, prompt: str) -> Iterator[Edit]:
    """Leave elements out of lists, and turn a list round where its order is asked for."""
    places = [Place((), record, 1), *json_values.places(record, None)]
    for place in places[:MOST_KEYS]:
        own = cast("list[Any]", place.value) if isinstance(place.value, list) else []
        if len(own) < 2:
            continue
        name = place.name if place.path else "the list"
        shorter = {"all but the first": own[:1], "the first": own[1:], "the last": own[:-1]}
        for what, kept in shorter.items():
            text = json.dumps(json_values.put(record, place.path, kept))
            yield Edit(f"{what} of {name} left out", text, f"how many elements {name} has")
        if asks_for_order(prompt) and own[0] != own[-1]:
            text = json.dumps(json_values.put(record, place.path, own[::-1]))
            yield Edit(f"{name} turned round", text, f"the order of {name}")


def _cut(value: str, known: list[Any]) -> Iterator[tuple[str, str]]:
    """Yield what was done, and texts that are too little of a value to tell which one is meant."""
    alike = {other for other in known if isinstance(other, str) and other[:1] == value[:1]}
    if len(value) >= SHORTENED_FROM and len(alike | {value}) > 1:
        yield "cut to its first letter", value[:1]
    if re.search(r"\w", value):
        yield "replaced by a full stop", "."


def _altered(source: Source, record: Any, place: Place, known: list[Any]) -> Iterator[Edit]:
    prompt, value = source.instance.prompt, place.value
    if isinstance(value, (dict, list)):
        return
    for number, other in enumerate(_others(value)):
        again = " again" * number
        text = json.dumps(json_values.put(record, place.path, other))
        yield Edit(f"value of {place.name} altered{again}", text, f"the value of {place.name}")
    is_reference = json_values.at(source.instance.answer, place.path) == value
    for other in _plausible(value, known, prompt)[:2] if is_reference else ():
        text = json.dumps(json_values.put(record, place.path, other))
        yield Edit(f"another plausible value of {place.name}", text, f"the value of {place.name}")
    if isinstance(value, bool):
        text = json.dumps(json_values.put(record, place.path, int(value)))
        yield Edit("number for a truth value", text, "the type of truth values")
    if isinstance(value, str):
        for what, other in _cut(value, known):
            text = json.dumps(json_values.put(record, place.path, other))
            yield Edit(f"value of {place.name} {what}", text, f"the value of {place.name}")
        for edit in of_text(value, prompt):
            text = json.dumps(json_values.put(record, place.path, edit.body))
            yield Edit(f"{edit.operator} in {place.name}", text, edit.ignored)


def _removed(record: Any, place: Place) -> Iterator[Edit]:
    """Empty a value, and leave its key out."""
    value = place.value
    empty: list[Any] = (
        [{}] if isinstance(value, dict) else [[]] if isinstance(value, list) else [""]
    )
    for other in (*empty, None):
        if other == value:
            continue
        name = "null" if other is None else "empty"
        text = json.dumps(json_values.put(record, place.path, other))
        yield Edit(f"{place.name} {name}", text, f"whether {place.name} is given")
    if isinstance(place.path[-1], str) and place.siblings > 1:
        text = json.dumps(json_values.without(record, place.path))
        yield Edit(f"{place.name} left out", text, f"the key {place.name}")


def _others(value: Any) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, (int, float)):
        return [value * 3 + 7]
    return ["zebra quartz"]


def _plausible(value: Any, known: list[Any], prompt: str) -> list[Any]:
    """Return values that the key has elsewhere or the prompt lists beside it, or the opposite."""
    if not isinstance(value, str):
        return []
    found = [other for other in known if other != value and type(other) is type(value)]
    found += _listed_beside(value, prompt)
    if opposite := OPPOSITES.get(value.casefold()):
        found.append(opposite.upper() if value.isupper() else opposite)
    return list(dict.fromkeys(found))


def _listed_beside(value: str, prompt: str) -> list[str]:
    """Return the alternatives of a value that a prompt lists, as in `LOW, MEDIUM or HIGH`."""
    if not re.fullmatch(r"\w+", value):
        return []
    word, gap = r"[\"'`]?\w+[\"'`]?", r"\s*(?:,|\||/|\bor\b|,\s*or\b)\s*"
    for found in re.finditer(rf"{word}(?:{gap}{word})+", prompt):
        words = re.findall(r"\w+", found[0])
        if value in words:
            same_case = [w for w in words if w != value and w.isupper() == value.isupper()]
            return [w for w in same_case if w not in ("or", "and")]
    return []


def _known_values(source: Source) -> dict[str, list[Any]]:
    """Return the values that each key has in other answers."""
    found: dict[str, list[Any]] = {}
    for other in source.others(12):
        record = json_values.record(slot(other).body)
        if record is None:
            continue
        for place in json_values.places(record, other.answer):
            if not isinstance(place.value, (dict, list)):
                values = found.setdefault(place.name, [])
                if place.value not in values:
                    values.append(place.value)
    return found
