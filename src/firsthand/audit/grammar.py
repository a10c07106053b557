"""Actions to try where an agent may do many things: the literal ones as they are, templates filled in.

Integers come from the range that matters at borders and from the plans of the oracle on other instances;
texts from words that answer nothing, claim success, or address whoever reads.
"""

import re
from collections.abc import Iterable, Sequence

from firsthand.audit.target import Instance

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


def actions(instances: Sequence[Instance], grammar: Sequence[str], *, most: int = 60) -> list[str]:
    """Return concrete actions for a target: its grammar filled in, and what its oracles do; at most `most`."""
    pool = values(instances, grammar)[:20]
    found = dict.fromkeys(action for template in grammar for action in filled(template, pool))
    for instance in instances:
        found.update(dict.fromkeys(instance.oracle))
        found.update(dict.fromkeys(instance.moves))
        if len(found) > most:
            break
    return list(found)[:most]
