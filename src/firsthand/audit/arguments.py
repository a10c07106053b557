"""The arguments of an action: where they stand in its text, and what else could stand there.

An action is a head and what follows it: `post:4321=77`, `take lamp`, or a call of a tool as JSON. Nothing is
known of an argument but its place, so the same place is compared between instances.
"""

import re
from collections.abc import Iterable, Sequence

ODD = ("", "0", "-1", "999999999999", "*", "%", ".*", "None", "nan", "true")
"""Values that mean nothing, everything, or too much to a careless comparison."""
PLACES = 5
"""Arguments of an action that are looked at."""
_JSON = re.compile(r'(?<=":)(-?\d+(?:\.\d+)?|"(?:[^"\\]|\\.)*")')


def kind(action: str) -> str:
    """Return an action without its arguments."""
    if action.startswith("{"):
        return re.sub(r'"arguments":.*', "", action)
    head = re.split(r"[:=(]", action, maxsplit=1)[0]
    return re.sub(r"-?\d+", "#", head).strip().split(" ")[0]


def spans(action: str) -> list[tuple[int, int]]:
    """Return where the arguments of an action begin and end."""
    if action.startswith("{"):
        start = action.find('"arguments":')
        found = (
            [match.span() for match in _JSON.finditer(action, max(0, start) + 12)]
            if start >= 0
            else []
        )
        return [(a + 1, b - 1) if action[a] == '"' else (a, b) for a, b in found][:PLACES]
    begin = re.match(r"\s*[^\W\d]*", action)
    return [
        match.span()
        for match in re.compile(r"-?\d+(?:\.\d+)?|\w+").finditer(
            action, begin.end() if begin else 0
        )
    ][:PLACES]


def arguments(action: str) -> list[str]:
    """Return the arguments of an action."""
    return [action[a:b] for a, b in spans(action)]


def put(action: str, value: str, place: int | None = None) -> str:
    """Return the action with another value at one place, or, without a place, instead of all its arguments."""
    found = spans(action)
    if not found or (place is not None and place >= len(found)):
        return action
    if place is not None:
        a, b = found[place]
        return action[:a] + value + action[b:]
    if action.startswith("{"):
        for a, b in reversed(found):
            fits = re.fullmatch(r"-?\d+", value) or action[a - 1] == '"'
            action = action[:a] + (value if fits else "0") + action[b:]
        return action
    return action[: found[0][0]] + value


def pools(plans: Iterable[Sequence[str]]) -> dict[tuple[str, int], list[str]]:
    """Return the values seen at each place of each kind of action, in the order in which they came."""
    found: dict[tuple[str, int], dict[str, None]] = {}
    for plan in plans:
        for action in plan:
            for place, value in enumerate(arguments(action)):
                found.setdefault((kind(action), place), {})[value] = None
    return {key: list(values) for key, values in found.items()}


def joined(values: Sequence[str], *, most: int = 200) -> list[str]:
    """Return many values as one, in the ways in which a list is written."""
    some = [value for value in values if value][:most]
    return [sign.join(some) for sign in (" ", ",", ", ", "\n")] if len(some) > 1 else []
