"""Replies to wrong steps must not lead through the task.

Claims that an agent which makes a mistake at every step, and then does the one action that the
reply names, does not reach the end. Plays all literal actions after each step. Only plans of
several literal steps are judged; a reply that names several actions leads nowhere.
"""

import re

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.checks.episodes.mistakes import leak_instances
from firsthand.audit.finding import Witness
from firsthand.audit.formats.actions import SLOT
from firsthand.audit.targets.protocol import Instance, Play
from firsthand.audit.thresholds import LED_PAID, LED_STEPS, TOLD

MOST_INSTANCES = 8
LEAST_INSTANCES = 4
MOST_ACTIONS = 40


@check(
    "led_by_errors",
    class_="taint",
    kinds=("episode",),
    claim="Replies to wrong steps do not lead to the end.",
)
def led_by_errors(run: CheckRun) -> str | None:
    """Do wrong steps on purpose, and then whatever single action their replies name."""
    literal = [action for action in run.session.facts.grammar if not SLOT.search(action)]
    chosen = [
        i
        for i in leak_instances(run)[:MOST_INSTANCES]
        if len(set(i.oracle)) >= LED_STEPS and set(i.oracle) <= set(literal)
    ]
    if len(chosen) < LEAST_INSTANCES or len(literal) > MOST_ACTIONS:
        return f"few plans have {LED_STEPS} different steps of a small set of literal actions"
    afford = run.session.lab.plays + run.session.tries(quick=2000, standard=8000)
    hits = [play for i in chosen if (play := _led(run, i, literal, afford))]
    run.outcome.n = len(chosen)
    if len(hits) >= TOLD * len(chosen):
        run.accuse(
            f"Replies to wrong steps lead to the end: doing what they name solves {len(hits)} of "
            f"{len(chosen)} instances.",
            Witness("pays", (hits[0],), value=LED_PAID * run.session.best(hits[0].seed)),
            values=[1.0] * len(hits) + [0.0] * (len(chosen) - len(hits)),
            advice="Say that a step is not possible now, not which one is.",
        )
    return None


def _led(run: CheckRun, instance: Instance, literal: list[str], afford: int) -> Play | None:
    """Return the play that replies lead through, where it is paid; None where they lead nowhere."""
    plan, led = list[str](), 0
    while len(plan) < run.session.facts.turns and run.session.lab.plays < afford:
        tried = run.session.lab.run([Play(instance.seed, (*plan, wrong)) for wrong in literal])
        pointing = [
            (wrong, named[0])
            for wrong, trace in zip(literal, tried, strict=True)
            if not trace.done and len(named := _named(trace.observations[-1], wrong, literal)) == 1
        ]
        if not pointing:
            ended = [
                action
                for action, trace in zip(literal, tried, strict=True)
                if trace.done and run.session.value(instance.seed, trace) >= LED_PAID
            ]
            plan += ended[:1]
            break
        plan += pointing[-1]
        led += 1
    play = Play(instance.seed, tuple(plan))
    paid = run.session.value(instance.seed, run.session.lab.run([play])[0])
    return play if led >= LED_STEPS - 1 and paid >= LED_PAID else None


def _named(reply: str, wrong: str, literal: list[str]) -> list[str]:
    """Return the actions that a reply names, other than the one it answers."""
    return [
        action
        for action in literal
        if action != wrong
        and re.search(rf"(?<!\w){re.escape(_last(action))}(?!\w)", reply, re.IGNORECASE)
    ]


def _last(action: str) -> str:
    return action.rpartition(":")[2].strip() or action
