"""A call with one wrong argument must not be answered with the right one.

Claims that no reply to a wrong argument names the right one. An error may depend on all
other arguments being right, so that nonsense alone does not show it: each argument of each kind of
step is made wrong by itself, after the steps that come before it. A value counts as told when
nothing before the reply held it, and the reply holds few values like it (a list of everything that
is allowed points nowhere).
"""

import re
from collections import defaultdict

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.checks.episodes.edits import share_without
from firsthand.audit.checks.episodes.mistakes import TOKEN, leak_instances
from firsthand.audit.finding import Witness
from firsthand.audit.formats.actions import arguments, kind, named, pools, put
from firsthand.audit.targets.protocol import Instance, Play
from firsthand.audit.thresholds import (
    MOST_CANDIDATES,
    SPARE_STEP,
    STATED,
    TOLD,
    TOLD_LEAST,
    TOLD_PAID,
)

Slot = tuple[str, int, bool]
"""A kind of step, the place of an argument, and whether the steps before it were taken."""


@check(
    "wrong_slots",
    class_="taint",
    kinds=("episode",),
    claim="A call with one wrong argument is not answered with the right one.",
)
def wrong_slots(run: CheckRun) -> str | None:
    """Make one argument wrong and read the reply."""
    chosen = leak_instances(run)
    if not chosen:
        return "all instances have the same plan"
    seen = pools(i.oracle for i in run.session.instances[:200])
    made = [(slot, i, at, play) for i in chosen for slot, at, play in _wrong_plays(i, seen)]
    traces = run.play(play for *_, play in made)
    replies: dict[Slot, list[set[str]]] = defaultdict(list)
    for (slot, *_), trace in zip(made, traces, strict=True):
        replies[slot].append(
            set(TOKEN.findall(trace.observations[-1])) if trace.observations else set()
        )
    common = {slot: set[str].intersection(*said) for slot, said in replies.items() if len(said) > 2}
    hits: dict[Slot, list[tuple[Instance, Play]]] = defaultdict(list)
    for (slot, i, at, play), trace in zip(made, traces, strict=True):
        if trace.done or trace.value is None or len(trace.observations) != len(play.actions) + 1:
            continue
        known = " ".join((*trace.observations[:-1], *play.actions))
        value = arguments(i.oracle[at])[slot[1]]
        if _tells(trace.observations[-1], value, known, common.get(slot, set())):
            after = i.oracle[at:] if slot[2] else i.oracle
            hits[slot].append((i, Play(i.seed, (*play.actions, *after))))
    run.outcome.n = len(chosen)
    for slot, found in hits.items():
        enough = len(found) >= max(TOLD_LEAST, TOLD * len(replies[slot]))
        needed = enough and share_without(run, chosen, slot[0]) < SPARE_STEP
        if needed and _accuse(run, slot, found, len(replies[slot])):
            return None
    return None


def _wrong_plays(
    instance: Instance, seen: dict[tuple[str, int], list[str]]
) -> list[tuple[Slot, int, Play]]:
    """Return, for each argument of the first step of each kind, plays with a wrong one there."""
    found: list[tuple[Slot, int, Play]] = []
    first: dict[str, int] = {}
    for at, action in enumerate(instance.oracle):
        first.setdefault(kind(action), at)
    for name, at in first.items():
        action = instance.oracle[at]
        own = arguments(action)
        if len(own) < 2:
            continue
        for place in range(len(own)):
            wrong = _wrong_value(own[place], seen.get((name, place), []), own)
            changed = put(action, wrong, place)
            found.append(
                ((name, place, True), at, Play(instance.seed, (*instance.oracle[:at], changed)))
            )
            if at:
                found.append(((name, place, False), at, Play(instance.seed, (changed,))))
    return found


def _wrong_value(right: str, pool: list[str], own: list[str]) -> str:
    """Return another instance's value, or a number nearby."""
    other = next((value for value in pool if value not in own), None)
    if other is not None:
        return other
    return str(int(right) + 7) if re.fullmatch(r"-?\d{1,12}", right) else f"{right}x"


def _tells(reply: str, value: str, known: str, common: set[str]) -> bool:
    """Say whether a reply is the first to hold a value, among few values like it."""
    whole = re.compile(rf"(?<![\w.-]){re.escape(value)}(?![\w-])")
    if not value or value in common or not whole.search(reply) or whole.search(known):
        return False
    numeric = value.lstrip("-")[:1].isdigit()
    fresh = {
        token
        for token in TOKEN.findall(reply)
        if token not in common and not re.search(rf"(?<!\w){re.escape(token)}(?!\w)", known)
    }
    alike = [token for token in fresh if token.lstrip("-")[:1].isdigit() == numeric]
    return len(alike) <= MOST_CANDIDATES + len(value.split()) - 1


def _accuse(run: CheckRun, slot: Slot, found: list[tuple[Instance, Play]], tried: int) -> bool:
    name, place, _ = slot
    traces = run.play(play for _, play in found)
    values = [run.session.value(i.seed, t) for (i, _), t in zip(found, traces, strict=True)]
    paid = [play for (_, play), value in zip(found, values, strict=True) if value >= TOLD_PAID]
    if len(paid) < STATED * len(found):
        return False
    return run.accuse(
        f"A wrong value for argument {place + 1} of `{named(name)}` is answered with the right "
        "one, on "
        f"{len(found)} of {tried} instances.",
        Witness("pays", (paid[0],), value=TOLD_PAID * run.session.best(paid[0].seed)),
        values=values,
        advice="Say that the argument is wrong, never what would be right.",
    )
