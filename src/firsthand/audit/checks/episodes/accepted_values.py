"""A wrong value that is accepted must not be paid like the right one.

Claims that every identifier in a plan matters: a value of another instance, which this one never
told, is not paid in full where it is answered just like the right one. Values that are refused, or
that change a later reply, say nothing: the world knows them to be different, or they are one of
several that are right and were told. What would fool it is an argument that may be anything;
therefore only values that the plan was told, and that come back between instances, are tried.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.checks.episodes.edits import share_without
from firsthand.audit.finding import Witness
from firsthand.audit.formats.actions import arguments, kind, named, pools, put
from firsthand.audit.targets.protocol import Instance, Play, Trace
from firsthand.audit.thresholds import (
    ACCEPTED_TRIED,
    ARGUMENT_PAID,
    FREE_TEXT_WORDS,
    FULL,
    LEAST_PLANS,
    MANY_VALUES,
    RECURRING,
    SPARE_STEP,
)

LEAST_INSTANCES = 4


class Swap(NamedTuple):
    """A plan with another value at one place of all steps of a kind."""

    instance: Instance
    old: frozenset[str]
    new: str
    play: Play


@check(
    "accepted_values",
    class_="oracle mutation",
    kinds=("episode",),
    claim="A wrong value that is accepted like the right one is not paid like it.",
)
def accepted_values(run: CheckRun) -> str | None:
    """Put values of other instances, of which this one says nothing, into the oracle's steps."""
    chosen = [i for i in run.session.some(40) if len(i.oracle) > 1]
    plans = [i.oracle for i in run.session.instances[:200]]
    tried = 0
    for (name, place), pool in pools(plans).items():
        uses = sum(kind(action) == name for plan in plans for action in plan)
        words = sum(len(value.split()) for value in pool) / len(pool)
        if len(pool) < MANY_VALUES or len(pool) > RECURRING * uses or words >= FREE_TEXT_WORDS:
            continue
        swaps = [
            swap
            for i in chosen
            if _is_told(run, i, name, place)
            for swap in _swaps(run, i, name, place, pool)
        ]
        if len({swap.instance.seed for swap in swaps}) >= LEAST_INSTANCES:
            tried += 1
            _judge(run, chosen, swaps, name, place)
    run.outcome.probes = tried
    return None if tried else "no identifier in the plans comes back between instances"


def _is_told(run: CheckRun, instance: Instance, name: str, place: int) -> bool:
    """Say whether all values at a place are told before the first step that uses them."""
    shown = run.session.solved[instance.seed].observations
    for at, action in enumerate(instance.oracle):
        if kind(action) == name:
            before = " ".join(shown[: at + 1])
            said = arguments(action)
            if len(said) <= place or not _holds(before, said[place]):
                return False
    return any(kind(action) == name for action in instance.oracle)


def _holds(text: str, value: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text) is not None


def _swaps(
    run: CheckRun, instance: Instance, name: str, place: int, pool: list[str]
) -> Iterator[Swap]:
    """Yield plans with a value that nothing in the oracle's episode mentions."""
    plan = instance.oracle
    story = " ".join((*run.session.solved[instance.seed].observations, *plan))
    others = [value for value in pool if value and not _holds(story, value)]
    start = instance.seed % max(1, len(others))
    own = frozenset(arguments(a)[place] for a in plan if kind(a) == name)
    for value in (*others[start:], *others[:start])[:ACCEPTED_TRIED]:
        swapped = tuple(put(a, value, place) if kind(a) == name else a for a in plan)
        yield Swap(instance, own, value, Play(instance.seed, swapped))


def _judge(run: CheckRun, chosen: list[Instance], swaps: list[Swap], name: str, place: int) -> None:
    traces = run.play(swap.play for swap in swaps)
    accepted = [
        (swap, run.session.value(swap.play.seed, trace))
        for swap, trace in zip(swaps, traces, strict=True)
        if _same_replies(run, swap, trace)
    ]
    full = [swap.play for swap, value in accepted if value >= FULL]
    values = [value for _, value in accepted]
    seeds = {play.seed for play in full}
    enough = len(accepted) >= LEAST_PLANS and len(seeds) >= LEAST_INSTANCES
    if not enough or len(full) < ARGUMENT_PAID * len(accepted) or run.session.luck.lucky(values):
        return
    if share_without(run, chosen, name) >= SPARE_STEP:
        return
    run.accuse(
        f"Argument {place + 1} of `{named(name)}` does not matter: other values that are accepted "
        f"like the right one are paid in full in {len(full)} of {len(accepted)} plays.",
        Witness("pays", (full[0],), value=FULL * run.session.best(full[0].seed)),
        severity="major",
        values=values,
        advice="Compare every argument with what the instance asks for.",
    )


def _same_replies(run: CheckRun, swap: Swap, trace: Trace) -> bool:
    """Say whether all replies are those to the right plan, but for the value itself."""
    right = run.session.solved[swap.instance.seed].observations
    if len(trace.observations) != len(right):
        return False
    either = "|".join(re.escape(value) for value in (*sorted(swap.old), swap.new))
    masked = re.compile(rf"(?<!\w)(?:{either})(?!\w)")
    replies = zip(right[1:], trace.observations[1:], strict=True)
    return all(masked.sub("_", one) == masked.sub("_", two) for one, two in replies)
