"""Actions as text: the one place that writes an action down, in three forms.

`spoken` is for people, `calls_as_json` is what a model answers in the text protocol, and
`encoded` is one line from which `decoded` makes the same action again.
"""

from typing import Any

import msgspec

from firsthand.environment import Action, ToolCall


class _Call(msgspec.Struct):
    name: str
    arguments: dict[str, Any] = {}


class _Calls(msgspec.Struct, omit_defaults=True):
    calls: list[_Call]
    text: str = ""


def spoken(action: Action, *, most: int | None = None) -> str:
    """Write an action for a reader: what was said, then each call as `tool(name=value)`.

    `most`: how many calls are written out; of the others only the number is told.
    """
    calls = [f"{call.name}({_spoken_arguments(call.arguments)})" for call in action.calls[:most]]
    if (left := len(action.calls) - len(calls)) > 0:
        calls.append(f"… ({left} more calls)")
    return "\n".join(part for part in (action.text, *calls) if part)


def _spoken_arguments(arguments: dict[str, Any]) -> str:
    return ", ".join(f"{name}={_spoken_value(value)}" for name, value in arguments.items())


def _spoken_value(value: Any) -> str:
    """Write a value as JSON, except that a text keeps its line breaks."""
    return f'"{value}"' if isinstance(value, str) else msgspec.json.encode(value).decode()


def calls_as_json(action: Action) -> str:
    """Write calls as `{"name": ..., "arguments": {...}}`, one a line; without calls, the text."""
    calls = [
        msgspec.json.encode(_Call(call.name, call.arguments)).decode() for call in action.calls
    ]
    return "\n".join(calls) or action.text


def encoded(action: Action) -> str:
    """Write an action as one text: its words, or `{"calls": [...], "text": ...}` as JSON."""
    if not action.calls:
        return action.text
    calls = [_Call(call.name, call.arguments) for call in action.calls]
    return msgspec.json.encode(_Calls(calls, action.text)).decode()


def decoded(text: str) -> Action:
    """Read what `encoded` wrote; anything that does not hold calls is a text."""
    if not text.startswith('{"calls":'):
        return Action(text)
    try:
        found = msgspec.json.decode(text, type=_Calls)
    except (msgspec.MsgspecError, RecursionError):
        return Action(text)
    calls = [
        ToolCall(call.name, call.arguments, str(place)) for place, call in enumerate(found.calls)
    ]
    return Action(found.text, tuple(calls))
