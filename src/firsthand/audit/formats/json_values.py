"""Edits of answers that are JSON: every value in turn, its type alone, and what surrounds it.

A key whose value may be anything is not checked; `1` for `true` is accepted where values are compared by
Python's equality, which takes them for the same.
"""

import copy
import json
from collections.abc import Iterator
from typing import Any, cast

MOST_KEYS = 8


def record(body: str) -> Any:
    """Return the JSON object or list that a text is; None where it is none, or a list of nothing but texts and numbers."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    inside = cast("list[Any]", value) if isinstance(value, list) else []
    nested = isinstance(value, dict) or any(isinstance(item, (dict, list)) for item in inside)
    return cast("object", value) if nested else None


def edits(value: Any) -> Iterator[tuple[str, str, str]]:
    """Yield an operator, a changed text, and what the reward does not depend on should the text be paid."""
    for place, (path, leaf) in enumerate(_leaves(value)):
        if place >= MOST_KEYS:
            return
        name = ".".join(map(str, path))
        for number, other in enumerate(_others(leaf)):
            yield (
                f"value of {name} altered{' again' * number}",
                json.dumps(_put(value, path, other)),
                f"the value of {name}",
            )
        if isinstance(leaf, bool):
            yield (
                "number for a truth value",
                json.dumps(_put(value, path, int(leaf))),
                "the type of truth values",
            )
        if isinstance(value, dict) and len(path) == 1 and len(cast("dict[str, Any]", value)) > 1:
            yield (
                f"{name} left out",
                json.dumps(
                    {key: v for key, v in cast("dict[str, Any]", value).items() if key != path[0]}
                ),
                f"the key {name}",
            )


def _leaves(
    value: Any, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    pairs: Any = (
        cast("dict[str, Any]", value).items()
        if isinstance(value, dict)
        else enumerate(cast("list[Any]", value))
    )
    for key, inner in pairs:
        if isinstance(inner, (dict, list)) and inner:
            yield from _leaves(inner, (*path, key))
        else:
            yield (*path, key), inner


def _others(leaf: Any) -> list[Any]:
    if isinstance(leaf, bool):
        return [not leaf]
    if isinstance(leaf, (int, float)):
        return [leaf * 3 + 7]
    if isinstance(leaf, str):
        return ["zebra quartz"]
    return ["zebra quartz"] if leaf is None else [["zebra quartz"]]


def _put(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    changed = copy.deepcopy(value)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = new
    return changed
