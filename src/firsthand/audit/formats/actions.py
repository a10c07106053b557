"""Actions as text: the grammar that a target declares, and the arguments inside an action.

An action is a head and what follows it: `post:4321=77`, `take lamp`, or a call of a tool as JSON.
Nothing is known of an argument but its place, so the same place is compared between instances.
Integers to fill in come from the range that matters at borders and from the oracle's plans on other
instances; texts from words that answer nothing, claim success, or address whoever reads.
"""

import re
from collections.abc import Iterable, Sequence

from firsthand.audit.targets.protocol import Instance

SLOT = re.compile(r"<([a-z_]*)(?::[^<>]*)?>")
INTEGERS = ("0", "1", "2", "3", "5", "10", "-1", "999999999999")
TEXTS = ("done", "yes", "I have solved the task.", "success", "")


def templates(grammar: Iterable[str]) -> list[str]:
    """Return the actions that have something to fill in."""
    return [action for action in grammar if SLOT.search(action)]


def fill(action: str, value: str) -> str:
    """Put one value into every place of a template."""
    return SLOT.sub(lambda _: value, action)


def filled(action: str, pool: Sequence[str]) -> list[str]:
    """Return a template with each value that suits it, or a literal action as it is."""
    slots = SLOT.findall(action)
    if not slots:
        return [action]
    whole = all(slot in ("int", "integer", "number", "float", "n") for slot in slots)
    fits = [value for value in pool if not whole or re.fullmatch(r"-?\d+(\.\d+)?", value)]
    return list(
        dict.fromkeys(fill(action, value) for value in (*fits, *(INTEGERS if whole else TEXTS)))
    )


def values(instances: Iterable[Instance], grammar: Sequence[str]) -> list[str]:
    """Return what oracles put into templates, most frequent first."""
    found: dict[str, int] = {}
    patterns = [
        re.compile(
            re.sub(r"<[^<>]*>", "(.+?)", re.escape(t).replace(r"\<", "<").replace(r"\>", ">")) + "$"
        )
        for t in templates(grammar)
    ]
    for instance in instances:
        for action in instance.oracle:
            for pattern in patterns:
                if match := pattern.match(action):
                    for value in match.groups():
                        found[value] = found.get(value, 0) + 1
    return sorted(found, key=lambda value: (-found[value], value))


def refilled(action: str, grammar: Sequence[str]) -> list[str]:
    """Return the other templates of a grammar, filled with what this action has in its own.

    All values in their order, and each value alone in every place.
    """
    for own in templates(grammar):
        pattern = "(.+?)".join(re.escape(part) for part in re.split(r"<[^<>]*>", own))
        if match := re.fullmatch(pattern, action):
            break
    else:
        return []
    values, found = match.groups(), dict[str, None]()
    for other in templates(grammar):
        if other == own:
            continue
        if len(SLOT.findall(other)) <= len(values):
            waiting = iter(values)
            found[SLOT.sub(lambda _, rest=waiting: next(rest), other)] = None
        for value in values:
            found[fill(other, value)] = None
    return list(found)


def actions(instances: Sequence[Instance], grammar: Sequence[str], *, most: int = 60) -> list[str]:
    """Return concrete actions for a target: its grammar filled in, and what its oracles do.

    At most `most`.
    """
    pool = values(instances, grammar)[:20]
    found = dict.fromkeys(action for template in grammar for action in filled(template, pool))
    for instance in instances:
        found.update(dict.fromkeys(instance.oracle))
        found.update(dict.fromkeys(instance.moves))
        if len(found) > most:
            break
    return list(found)[:most]


ODD = ("", "0", "-1", "-999999", "999999999999", "*", "%", ".*", "None", "nan", "true")
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


def named(kind: str) -> str:
    """Return a kind of action as a reader knows it: of a call, the name of the tool."""
    found = re.match(r'\{"calls":\[\{"name":"([^"]*)', kind)
    return found[1] if found else kind


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
    """Return the action with another value at one place; without a place, for all arguments."""
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


def omit(action: str, place: int) -> str:
    """Return an action of text without one argument and the sign before it."""
    found = spans(action)
    if place >= len(found):
        return action
    start, end = found[place]
    if start and not action[start - 1].isalnum():
        start -= 1
    return action[:start] + action[end:]


def pools(plans: Iterable[Sequence[str]]) -> dict[tuple[str, int], list[str]]:
    """Return the values seen at each place of each kind of action, first seen first."""
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
