"""Programs of steps whose arguments are copied from fixed places of what was shown before.

A program is learned from plays of the same shape: every argument is the same in all of them, or
stands at the same place, counted from the beginning or the end, of one earlier observation. It
knows nothing of an instance but what the instance shows.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from firsthand.audit.accusation import CheckRun
from firsthand.audit.formats.actions import arguments, kind, put, spans
from firsthand.audit.targets.protocol import Instance, Play, Trace

PATTERNS = (re.compile(r"-?\d+(?:\.\d+)?"), re.compile(r"[^\W\d]\w*"), re.compile(r"\w+"))
"""Numbers, words, and both: what an argument may be copied from."""
MOST_TOKENS = 400


class Copy(NamedTuple):
    """Copy what stands at a place of an observation; observation 0 is the first."""

    source: int
    pattern: int
    place: int


class Step(NamedTuple):
    """An action, and where the arguments that differ between instances are copied from."""

    action: str
    copies: tuple[tuple[int, Copy], ...]


Program = tuple[Step, ...]
Seen = tuple[tuple[str, ...], tuple[str, ...]]
"""The actions of a play, and its observations, of which there is one more."""


def shape(actions: Sequence[str]) -> tuple[str, ...]:
    """Return the kinds of the steps of a plan."""
    return tuple(kind(action) for action in actions)


def induced(seen: Sequence[Seen]) -> Program | None:
    """Return the program that does what all these plays do; None where there is none."""
    if not seen or len({shape(actions) for actions, _ in seen}) > 1:
        return None
    steps = [_step(at, seen) for at in range(len(seen[0][0]))]
    return tuple(step for step in steps if step) if all(steps) else None


def _step(at: int, seen: Sequence[Seen]) -> Step | None:
    actions = [plan[at] for plan, _ in seen]
    if len({_frame(action) for action in actions}) > 1:
        return None
    copies: list[tuple[int, Copy]] = []
    for place, values in enumerate(zip(*(arguments(action) for action in actions), strict=True)):
        if len(set(values)) == 1:
            continue
        found = _copy(values, [told[: at + 1] for _, told in seen])
        if found is None:
            return None
        copies.append((place, found))
    return Step(actions[0], tuple(copies))


def _frame(action: str) -> str:
    """Return an action with its arguments left blank."""
    for start, end in reversed(spans(action)):
        action = f"{action[:start]}_{action[end:]}"
    return action


def _copy(values: Sequence[str], told: Sequence[Sequence[str]]) -> Copy | None:
    """Return where all the values stand, in the earliest observation that has them."""
    for source in range(min(map(len, told))):
        for number, pattern in enumerate(PATTERNS):
            lists = [pattern.findall(texts[source])[:MOST_TOKENS] for texts in told]
            for place in _places(lists[0], values[0]):
                if all(_at(said, place) == v for said, v in zip(lists, values, strict=True)):
                    return Copy(source, number, place)
    return None


def _places(said: Sequence[str], value: str) -> list[int]:
    """Return the places of a value, from the beginning and from the end."""
    at = [place for place, token in enumerate(said) if token == value]
    return [*at, *(place - len(said) for place in at)]


def _at(said: Sequence[str], place: int) -> str | None:
    return said[place] if -len(said) <= place < len(said) else None


def follow(run: CheckRun, program: Program, instances: Sequence[Instance]) -> list[Play]:
    """Return what the program does on each instance; a play ends early where a value is missing."""
    plans = {i.seed: list[str]() for i in instances}
    shown: dict[int, tuple[str, ...]] = {i.seed: (i.prompt,) for i in instances}
    going = set(plans)
    for step in program:
        needed = max((copy.source for _, copy in step.copies), default=0)
        behind = [seed for seed in going if len(shown[seed]) <= needed]
        traces = run.play(Play(seed, tuple(plans[seed])) for seed in behind)
        shown.update((seed, t.observations) for seed, t in zip(behind, traces, strict=True))
        for seed in sorted(going):
            action = _filled(step, shown[seed])
            if action is None:
                going.discard(seed)
            else:
                plans[seed].append(action)
    return [Play(seed, tuple(plan)) for seed, plan in plans.items()]


def _filled(step: Step, shown: Sequence[str]) -> str | None:
    action = step.action
    for place, copy in reversed(step.copies):
        if copy.source >= len(shown):
            return None
        value = _at(PATTERNS[copy.pattern].findall(shown[copy.source])[:MOST_TOKENS], copy.place)
        if value is None:
            return None
        action = put(action, value, place)
    return action


def seen_in(plan: tuple[str, ...], trace: Trace) -> Seen | None:
    """Return a play for learning; None where the episode ended before the plan."""
    return (plan, trace.observations) if len(trace.observations) == len(plan) + 1 else None
