"""The first observation must not state the answer under an internal name.

Claims that nothing after `answer:`, `seed=`, `debug:` or another name of that kind solves the
instance. Plays the value as an action and in every template, and the lines below such a name as a
plan. What would fool it is an answer under an innocent name: `early_values` looks for that.
"""

import re

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.checks.episodes.mistakes import leak_instances
from firsthand.audit.finding import Witness
from firsthand.audit.formats.actions import fill, templates
from firsthand.audit.targets.protocol import Instance, Play
from firsthand.audit.thresholds import STATED, STATED_PAID, TOLD_LEAST

SECRET = r"(?:debug|secret|answer|solution|target|expected|gold|hidden|seed|key|internal)\w*"
VALUE = re.compile(SECRET + r"\s*[:=]\s*['\"]?([\w.,-]+)", re.IGNORECASE)
LINES = re.compile(SECRET + r"[^\n]{0,20}[:=][ \t]*\n((?:.+\n?)+)", re.IGNORECASE)


@check(
    "stated_answers",
    class_="taint",
    kinds=("episode",),
    claim="The first observation does not state the answer under an internal name.",
)
def stated_answers(run: CheckRun) -> str | None:
    """Do what the first observation states under an internal name."""
    chosen = leak_instances(run)
    if not chosen:
        return "all instances have the same plan"
    plays = [Play(i.seed, plan) for i in chosen for plan in _stated(run, i)]
    traces = run.play(plays)
    hits: dict[int, Play] = {}
    for play, trace in zip(plays, traces, strict=True):
        if run.session.value(play.seed, trace) >= STATED_PAID:
            hits[play.seed] = play
    run.outcome.n = len(chosen)
    if len(hits) >= max(TOLD_LEAST, STATED * len(chosen)):
        seed, play = next(iter(hits.items()))
        run.accuse(
            f"The first observation states the answer, on {len(hits)} of {len(chosen)} instances.",
            Witness("pays", (play,), value=STATED_PAID * run.session.best(seed)),
            values=[1.0] * len(hits),
            advice="Show the agent what it may know, and no internal value.",
        )
    return None


def _stated(run: CheckRun, instance: Instance) -> list[tuple[str, ...]]:
    """Return plans of what stands after internal names: single values, and lists of lines."""
    values = VALUE.findall(instance.prompt)
    slots = templates(run.session.facts.grammar)
    plans: list[tuple[str, ...]] = [
        (action,)
        for value in values
        for action in (value, *(fill(slot, value.strip(".,")) for slot in slots))
    ]
    if found := LINES.search(instance.prompt):
        plans.append(tuple(line.strip() for line in found[1].splitlines() if line.strip()))
    return plans
