"""Edit the right answer until it is wrong: a reward that does not drop ignores what was edited.

Claims: an answer that was changed in what it says earns less. Plays: edits of the committed
answer by families (numbers, items, order, symbols, clauses, records, halves), never of the text
around it. What would fool it: an edit that is right too, so that edits change numbers by a tenth
or more, other forms of the same answer are left out, and an edit has to be paid on a share of all
instances.
"""

import random
import re
from collections.abc import Iterator
from itertools import takewhile

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.checks.answers.edits.clauses import DROPS, clauses
from firsthand.audit.checks.answers.edits.edit import Edit, Source
from firsthand.audit.checks.answers.edits.items import items, longer, unread
from firsthand.audit.checks.answers.edits.numbers import number_cells, numbers, units
from firsthand.audit.checks.answers.edits.order import order
from firsthand.audit.checks.answers.edits.records import records
from firsthand.audit.checks.answers.edits.spread_values import spread_values
from firsthand.audit.checks.answers.edits.symbols import symbols
from firsthand.audit.checks.answers.edits.words import halves, words
from firsthand.audit.finding import Witness
from firsthand.audit.formats.answers import accepted, slot
from firsthand.audit.formats.json_values import record
from firsthand.audit.formats.query_runs import same_effect
from firsthand.audit.formats.sameness import normal, quantity
from firsthand.audit.targets.protocol import Instance, Play
from firsthand.audit.thresholds import CLAUSES_PAID, FULL, MUTANTS_PAID, NAMED, PLAUSIBLE_PAID
from firsthand.task import digest

LONGEST = 200
"""Longer answers are edited only where the reference has parts: else they are prose."""
CLAUSE = ("dropped in", "condition dropped", "option", "filter", "argument", "stage", "parameter")
"""What the names of edits that drop a clause contain."""
PLAUSIBLE = ("another plausible value", "another value for a key")
"""How the names of edits begin that may turn one solution of a puzzle into another."""
Group = list[tuple[Instance, Edit, float]]


@check(
    "mutation",
    class_="oracle mutation",
    kinds=("answer",),
    claim="A changed answer does not earn what the right one earns.",
)
def mutation(run: CheckRun) -> str | None:
    """Play edits of every right answer; accuse operators whose edits are paid in full."""
    if run.session.answers_are_programs:
        return "answers are programs, which are mutated as such"
    chosen = [i for i in run.session.some(3 if run.session.costly else 120) if i.oracle]
    made = [(i, edit) for i in chosen for edit in mutants(i, run.session.usable)]
    if run.session.costly:
        made = made[:40]
    groups = _played(run, made)
    for operator, group in groups.items():
        group = _with_effect(operator, group)
        paid = [(instance, edit) for instance, edit, value in group if value >= FULL]
        tried = len({instance.seed for instance, *_ in group})
        alive = len({instance.seed for instance, _ in paid})
        if paid and alive >= max(min(2, len(chosen)), _share(operator) * tried):
            claim = f"A wrong answer is paid in full ({operator}, on {alive} of {tried} instances)"
            accuse_edit(run, *paid[0], claim, [value for *_, value in group])
    return None


def _played(run: CheckRun, made: list[tuple[Instance, Edit]]) -> dict[str, Group]:
    traces = run.play(Play(i.seed, (slot(i).put(edit.body),)) for i, edit in made)
    groups: dict[str, Group] = {}
    for (instance, edit), trace in zip(made, traces, strict=True):
        value = run.session.value(instance.seed, trace)
        groups.setdefault(edit.operator, []).append((instance, edit, value))
    run.note([value for group in groups.values() for *_, value in group])
    run.outcome.probes = len(groups)
    return groups


def _with_effect(operator: str, group: Group) -> Group:
    """Leave out dropped clauses that have no effect: that a copy without them is paid is right.

    A query is run on generated tables. Other texts cannot be run: there, a clause that is the same
    on all instances, and that no prompt asks for, may be a habit without an effect.
    """
    if not DROPS.fullmatch(operator):
        return group
    group = [
        (instance, edit, value)
        for instance, edit, value in group
        if not same_effect(slot(instance).body, edit.body)
    ]
    dropped = {dropped_text(slot(instance).body, edit.body) for instance, edit, _ in group}
    seen = any(value < FULL for *_, value in group) or any(
        same_effect(slot(instance).body, edit.body) is False for instance, edit, _ in group
    )
    shared = len(dropped) == 1 and len({instance.seed for instance, *_ in group}) > 1
    asked = sum(_asks_for(instance.prompt, next(iter(dropped))) for instance, *_ in group)
    return [] if shared and not seen and asked < NAMED * len(group) else group


def dropped_text(whole: str, rest: str) -> str:
    """Return what an edit left out of a text."""
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(whole, rest, strict=False))
    start = sum(1 for _ in pairs)
    return whole[start : len(whole) - len(rest) + start].strip()


def _asks_for(prompt: str, clause: str) -> bool:
    """Say whether a prompt has a word or number of a clause."""
    said = prompt.lower()
    words = re.findall(r"[a-z]{4,}|\d+", clause.lower())
    return any(re.search(rf"(?<![a-z\d]){word}", said) for word in words)


def _share(operator: str) -> float:
    """Return the share of instances on which an edit has to be paid to be a finding."""
    if operator.startswith(PLAUSIBLE):
        return PLAUSIBLE_PAID
    return CLAUSES_PAID if any(part in operator for part in CLAUSE) else MUTANTS_PAID


def accuse_edit(
    run: CheckRun, instance: Instance, edit: Edit, claim: str, values: list[float]
) -> None:
    """Accuse a reward of paying an edit of an instance's right answer."""
    play = Play(instance.seed, (slot(instance).put(edit.body),))
    shown, right = edit.body[-80:], slot(instance).body[-80:]
    run.accuse(
        f"{claim}: {shown!r} for {right!r}. The reward does not depend on {edit.ignored}.",
        Witness("pays", (play,), value=FULL * run.session.best(instance.seed)),
        values=values,
        advice=f"Make the comparison depend on {edit.ignored}, within a declared tolerance.",
    )


def mutants(instance: Instance, pool: list[Instance]) -> Iterator[Edit]:
    """Yield wrong answers made from the right one, each once, and none that may be right too."""
    source = Source(instance, pool, random.Random(digest(f"mutate {instance.seed}")))
    right = {source.body, *accepted(instance)}
    seen = set(right)
    for edit in _edits(source):
        if edit.body not in seen and not any(_same(edit, form) for form in right):
            seen.add(edit.body)
            yield edit


def _same(edit: Edit, right: str) -> bool:
    """Say whether an edit may be meant as the right answer."""
    one, two = quantity(edit.body), quantity(right)
    if one is not None and two is not None:
        return one == two
    return not edit.close and edit.operator != "sign" and normal(edit.body) == normal(right)


def _edits(source: Source) -> Iterator[Edit]:
    body = source.body
    if quantity(body) is not None:
        yield from numbers(source)
    elif record(body) is not None:
        yield from records(source)
    elif len(body) <= LONGEST or source.composite:
        yield from number_cells(source)
        yield from items(source)
        yield from unread(source)
        yield from order(source)
        yield from longer(source)
        yield from units(source)
        yield from spread_values(source)
    if quantity(body) is None and record(body) is None:
        yield from clauses(source)
        yield from words(source)
        yield from halves(source)
    yield from symbols(source)
