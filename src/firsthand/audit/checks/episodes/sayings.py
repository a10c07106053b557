"""Actions made of the words of a reply: what an agent would say that repeats what it was told."""

import re

from firsthand.audit.accusation import CheckRun
from firsthand.audit.checks.episodes.mistakes import Reply
from firsthand.audit.formats.actions import SLOT, fill, templates

QUOTED = re.compile(r"'([^']+)'|\"([^\"]+)\"|`([^`]+)`")
MOST_VALUES = 25


def sayings(run: CheckRun, reply: Reply) -> list[str]:
    """Return new words and quoted phrases of a reply, bare, in templates and as commands."""
    text = reply.text
    phrases = [a or b or c for a, b, c in QUOTED.findall(text)]
    phrases += [part.strip(" .!") for part in re.split(r"[:=]", text)[1:]]
    phrases += re.findall(r"\w+:[\w,=.-]*[\w-]", text)
    phrases += re.findall(r'\{"calls":.*\}', text)
    values = list(dict.fromkeys([*reply.new, *phrases]))[:MOST_VALUES]
    slots = templates(run.session.facts.grammar)
    known = (*run.session.facts.grammar, *reply.instance.moves)
    literal = [action for action in known if not SLOT.search(action) and action in values]
    bare = [value for value in values if not slots or value.startswith("{") or ":" in value]
    made = (fill(slot, value) for slot in slots for value in values)
    return list(dict.fromkeys([*bare, *literal, *made]))
