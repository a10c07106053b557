"""Calls of tools inside plans, and edits of their arguments as typed JSON values."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from firsthand.actions import decoded, encoded
from firsthand.environment import Action, ToolCall

GONE = object()
"""What an edit returns for an argument that is to be left out."""


class Edit(NamedTuple):
    """A change of one value; `change` returns None where it would change nothing."""

    name: str
    change: Callable[[Any], Any]


def calls_in(plan: Sequence[str]) -> Iterator[ToolCall]:
    """Yield all calls of a plan."""
    for action in plan:
        if action.startswith("{"):
            yield from decoded(action).calls


def values(plan: Sequence[str], tool: str, key: str) -> list[Any]:
    """Return what a plan says for one argument of a tool."""
    return [
        call.arguments[key]
        for call in calls_in(plan)
        if call.name == tool and key in call.arguments
    ]


def kind_of(tool: str) -> str:
    """Return the kind of a call of a tool, as `actions.kind` tells it."""
    return encoded(Action(calls=(ToolCall(tool, {}),))).partition('"arguments":')[0]


def edited(plan: Sequence[str], tool: str, key: str, edit: Edit) -> tuple[str, ...] | None:
    """Return the plan with the argument changed in every call of the tool; None.

    Nothing changed.
    """
    changed = False
    found: list[str] = []
    for action in plan:
        read = decoded(action)
        made: list[ToolCall] = []
        for call in read.calls:
            arguments = dict(call.arguments)
            if call.name == tool and key in arguments:
                value = edit.change(arguments.pop(key))
                if value is None:
                    return None
                if value is not GONE:
                    arguments[key] = None if value is NULL else value
                changed = True
            made.append(ToolCall(call.name, arguments))
        found.append(encoded(Action(read.text, tuple(made))) if made else action)
    return tuple(found) if changed else None


NULL = object()
"""What an edit returns for an argument that becomes `null`."""
FACTORS = {
    "multiplied by 100": 100,
    "multiplied by 1000": 1000,
    "multiplied by 60": 60,
    "multiplied by 12": 12,
    "divided by 100": 1 / 100,
    "divided by 1000": 1 / 1000,
    "divided by 60": 1 / 60,
    "negated": -1,
}
"""Units that graders confuse: cents, percent, thousands, minutes, dozens, and the sign."""


def edits(examples: Sequence[Any]) -> list[Edit]:
    """Return the edits that suit an argument with such values."""
    found = [Edit("left out", leave_out), Edit("null", _null)]
    if all(isinstance(value, (str, list, dict)) for value in examples):
        found.append(Edit("emptied", _empty))
    numbers = [value for value in examples if _is_number(value)]
    if numbers and len(numbers) == len(examples):
        found += [Edit(name, _times(factor)) for name, factor in FACTORS.items()]
        found.append(Edit("inverted", _inverse))
        if all(0 < value < 1 for value in numbers):
            found.append(Edit("subtracted from 1", _complement))
    return found


def leave_out(_value: Any) -> Any:
    """Ask for the argument to be left out."""
    return GONE


def _null(_value: Any) -> Any:
    return NULL


def _empty(value: Any) -> Any:
    """Return the empty text, list or object; None where it is empty already."""
    if not value:
        return None
    return "" if isinstance(value, str) else [] if isinstance(value, list) else {}


def _complement(value: Any) -> Any:
    return round(1 - value, 9)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def _times(factor: float) -> Callable[[Any], Any]:
    def change(value: Any) -> Any:
        if not _is_number(value) or not value:
            return None
        return _like(value, value * factor)

    return change


def _inverse(value: Any) -> Any:
    return None if not _is_number(value) or value in (-1, 0, 1) else _like(value, 1 / value)


def _like(value: Any, changed: float) -> Any:
    """Return a number, whole where the one it comes from is whole and that loses nothing."""
    near = round(changed, 9)
    return int(near) if isinstance(value, int) and near == int(near) else near


def plain(number: float) -> str:
    """Write a number without an exponent."""
    return str(number) if isinstance(number, int) else f"{number:.9f}".rstrip("0").rstrip(".")
