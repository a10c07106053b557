"""Mistakes that an agent may make at the beginning, and what they are answered with.

What the checks of replies share: junk, the right kind of step with another value, and the words of
a reply that nothing before it held.
"""

import re
from collections import defaultdict
from typing import NamedTuple

from firsthand.audit.accusation import CheckRun
from firsthand.audit.formats.actions import SLOT, fill, kind
from firsthand.audit.targets.protocol import Instance, Play, Trace
from firsthand.audit.thresholds import FULL, LEAK_INSTANCES, REPLIES_COMPARED

TOKEN = re.compile(r"-?\d+(?:\.\d+)?|[A-Za-z_][\w-]*")
ERRORS = ("zebra quartz", "", "?", "-1", "help")
ADVICE = "Errors say what was wrong with the form of an action, never what would be right."


class Reply(NamedTuple):
    """What one mistake was answered with on one instance, and its words that were not known."""

    instance: Instance
    wrong: str
    text: str
    new: tuple[str, ...]


def leak_instances(run: CheckRun) -> list[Instance]:
    """Return the instances that the checks of replies play; none where all plans are equal."""
    chosen = run.session.some(LEAK_INSTANCES[run.session.options.budget])
    chosen = chosen[: LEAK_INSTANCES[run.session.options.budget]]
    return chosen if len({i.oracle for i in chosen}) >= 2 else []


def mistakes(run: CheckRun, instance: Instance) -> list[str]:
    """Return invalid actions, and steps like the oracle's last one that are wrong here."""
    found = list(ERRORS)
    for template in run.session.facts.grammar:
        if SLOT.search(template):
            found += [fill(template, value) for value in ("zebra", "-1", "0", "1", "999999")]
    own, ways = set(instance.oracle), {kind(action) for action in instance.oracle[-1:]}
    others = [
        action
        for i in run.session.usable[:20]
        for action in i.oracle[-1:]
        if action not in own and kind(action) in ways
    ]
    return list(dict.fromkeys([*found, *others[:3]]))


def replies(run: CheckRun, chosen: list[Instance]) -> list[Reply]:
    """Make each mistake once and return the replies after which the episode goes on."""
    made = [(i, wrong) for i in chosen for wrong in mistakes(run, i)]
    traces = run.play(Play(i.seed, (wrong,)) for i, wrong in made)
    everywhere = _said_everywhere(made, traces)
    found: list[Reply] = []
    for (instance, wrong), trace in zip(made, traces, strict=True):
        if trace.done or trace.value is None or len(trace.observations) < 2:
            continue
        if run.session.value(instance.seed, trace) >= FULL:
            continue
        known = {*TOKEN.findall(instance.prompt), *TOKEN.findall(wrong)}
        known |= everywhere.get(wrong, set())
        text = trace.observations[1]
        new = tuple(dict.fromkeys(token for token in TOKEN.findall(text) if token not in known))
        found.append(Reply(instance, wrong, text, new))
    return found


def _said_everywhere(made: list[tuple[Instance, str]], traces: list[Trace]) -> dict[str, set[str]]:
    """Return, for each mistake, the words that its reply has on every instance."""
    said: dict[str, list[set[str]]] = defaultdict(list)
    for (_, wrong), trace in zip(made, traces, strict=True):
        if len(trace.observations) > 1:
            said[wrong].append(set(TOKEN.findall(trace.observations[1])))
    return {
        wrong: set.intersection(*words)
        for wrong, words in said.items()
        if len(words) >= REPLIES_COMPARED
    }
