"""A clause of a query, filter or command inside a step must not be left out at no cost.

Claims that a plan is not paid in full when a step that acts lacks a clause which has an effect.
Plays right plans with one clause of one text argument left out. That it has an effect has to be
seen on some instance: the step is answered otherwise, the plan is refused, or the query gives
another result on generated tables. What would fool it is a clause whose effect nothing shows.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from firsthand.actions import decoded, encoded
from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.checks.answers.edits.clauses import of_text
from firsthand.audit.checks.episodes.edits import share_without
from firsthand.audit.finding import Witness
from firsthand.audit.formats.actions import kind, named
from firsthand.audit.formats.query_runs import same_effect
from firsthand.audit.targets.protocol import Instance, Play, Trace
from firsthand.audit.thresholds import ARGUMENT_PAID, FULL, LEAST_PLANS, SPARE_STEP
from firsthand.environment import Action, ToolCall


class Dropped(NamedTuple):
    """A right plan with one clause of one step left out."""

    instance: Instance
    at: int
    whole: str
    rest: str
    play: Play


@check(
    "dropped_clauses",
    class_="oracle mutation",
    kinds=("episode",),
    claim="A plan without a clause that has an effect is not paid in full.",
)
def dropped_clauses(run: CheckRun) -> str | None:
    """Leave out clauses of the queries, filters and commands in right plans."""
    chosen = run.session.some(24)
    groups: dict[tuple[str, str], list[Dropped]] = defaultdict(list)
    for instance in chosen:
        for operator, dropped in _edits(instance):
            groups[kind(instance.oracle[dropped.at]), operator].append(dropped)
    run.outcome.n = len(chosen)
    for (name, operator), group in groups.items():
        if len({d.instance.seed for d in group}) >= LEAST_PLANS:
            _judge(run, chosen, name, operator, group)
    return None if groups else "no step holds a query, a filter or a command with clauses"


def _edits(instance: Instance) -> Iterator[tuple[str, Dropped]]:
    """Yield the plan with each clause left out, from the first step of a kind that has one."""
    seen = set[tuple[str, str]]()
    for at, action in enumerate(instance.oracle):
        for whole, rest, operator, changed in _changed(action, instance.prompt):
            if (kind(action), operator) not in seen and changed != action:
                seen.add((kind(action), operator))
                plan = (*instance.oracle[:at], changed, *instance.oracle[at + 1 :])
                yield operator, Dropped(instance, at, whole, rest, Play(instance.seed, plan))


def _changed(action: str, prompt: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield a text in an action, the text without a clause, the edit's name, and the action."""
    if not action.startswith("{"):
        head, sign, body = action.partition(":")
        if sign:
            for edit in of_text(body, prompt):
                yield body, edit.body, edit.operator, f"{head}:{edit.body}"
        return
    read = decoded(action)
    for place, call in enumerate(read.calls):
        for key, value in call.arguments.items():
            for edit in of_text(value, prompt) if isinstance(value, str) else ():
                new = ToolCall(call.name, {**call.arguments, key: edit.body})
                calls = (*read.calls[:place], new, *read.calls[place + 1 :])
                operator = f"{edit.operator} in `{key}`"
                yield value, edit.body, operator, encoded(Action(read.text, calls))


def _judge(
    run: CheckRun, chosen: list[Instance], name: str, operator: str, group: list[Dropped]
) -> None:
    traces = run.play(dropped.play for dropped in group)
    values = [run.session.value(d.instance.seed, t) for d, t in zip(group, traces, strict=True)]
    full = [d.play for d, value in zip(group, values, strict=True) if value >= FULL]
    if len(full) < ARGUMENT_PAID * len(group) or run.session.luck.lucky(values):
        return
    told = any(_answered_otherwise(run, d, t) for d, t in zip(group, traces, strict=True))
    effect = told or len(full) < len(group)
    effect = effect or any(same_effect(d.whole, d.rest) is False for d in group)
    if not effect or share_without(run, chosen, name) >= SPARE_STEP:
        return
    run.accuse(
        f"In `{named(name)}`, a clause may be left out at no cost ({operator}): such plans are "
        f"paid in full in {len(full)} of {len(group)} plays.",
        Witness("pays", (full[0],), value=FULL * run.session.best(full[0].seed)),
        severity="major",
        values=values,
        advice="Compare what the step does with all that was asked for.",
    )


def _answered_otherwise(run: CheckRun, dropped: Dropped, trace: Trace) -> bool:
    """Say whether the step without its clause is answered otherwise than the right one."""
    right, place = run.session.solved[dropped.instance.seed].observations, dropped.at + 1
    if len(right) <= place or len(trace.observations) <= place:
        return True
    one, two = right[place], trace.observations[place]
    return one.replace(dropped.whole, "_") != two.replace(dropped.rest, "_")
