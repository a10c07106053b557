"""Answers that are JSON: their values at any depth, and copies with one of them changed."""

import copy
import json
from collections.abc import Iterator
from typing import Any, cast

import msgspec

Path = tuple[str | int, ...]


class Place(msgspec.Struct, frozen=True):
    """One value of a record, with the keys that lead to it."""

    path: Path
    value: Any
    siblings: int
    """How many values stand beside it, itself included."""

    @property
    def name(self) -> str:
        """The keys that lead to it, joined by points; places in lists are left out."""
        return ".".join(str(key) for key in self.path if isinstance(key, str)) or "an element"


def record(body: str) -> Any:
    """Return the JSON object or list that a text is; None for anything else and for plain lists."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    inside = cast("list[Any]", value) if isinstance(value, list) else []
    nested = isinstance(value, dict) or any(isinstance(item, (dict, list)) for item in inside)
    return cast("object", value) if nested else None


def places(value: Any, answer: Any) -> Iterator[Place]:
    """Yield the values of a record, each before those inside it.

    Keys of the record that the reference answer does not have, such as a comment of the oracle's,
    are left out where the reference has keys of its own.
    """
    asked = cast("dict[str, Any]", answer) if isinstance(answer, dict) else None
    own = set(cast("dict[str, Any]", value)) if isinstance(value, dict) else set[str]()
    shared = asked is not None and bool(own & set(asked))
    for place in _all(value, ()):
        if shared and asked is not None and place.path[0] not in asked:
            continue
        yield place


def _all(value: Any, path: Path) -> Iterator[Place]:
    pairs: list[tuple[str | int, Any]] = (
        list(cast("dict[str, Any]", value).items())
        if isinstance(value, dict)
        else list(enumerate(cast("list[Any]", value)))
    )
    for key, inner in pairs:
        yield Place((*path, key), inner, len(pairs))
        if isinstance(inner, (dict, list)) and inner:
            yield from _all(inner, (*path, key))


def at(value: Any, path: Path) -> Any:
    """Return what a value, or a text of JSON, holds at a path; None where there is nothing."""
    if isinstance(value, str):
        value = record(value)
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def put(value: Any, path: Path, new: Any) -> Any:
    """Return a copy of a record with another value in one place; all of it with no path."""
    if not path:
        return new
    changed = copy.deepcopy(value)
    _parent(changed, path)[path[-1]] = new
    return changed


def without(value: Any, path: Path) -> Any:
    """Return a copy of a record without one of its values."""
    changed = copy.deepcopy(value)
    del _parent(changed, path)[path[-1]]
    return changed


def _parent(value: Any, path: Path) -> Any:
    for step in path[:-1]:
        value = value[step]
    return value
