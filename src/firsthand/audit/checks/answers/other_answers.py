"""The answer of one instance, handed in for another.

Claims: another instance's right answer is a wrong one here. What would fool it: instances with
many right answers, for which more than half of the pairs have to be paid, and references that
share a form.
"""

import random
from typing import Any, cast

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.checks.answers.edits.edit import Edit
from firsthand.audit.checks.answers.mutation import accuse_edit
from firsthand.audit.formats.answers import same_answer, slot
from firsthand.audit.formats.sameness import normal
from firsthand.audit.formats.values import written
from firsthand.audit.targets.protocol import Instance, Play
from firsthand.audit.thresholds import FULL, MANY_PAIRS_PAID, ONE_WAY_PAIRS_PAID, PAIRS_PAID

Pairs = list[tuple[Instance, Instance]]


@check(
    "other_answers",
    class_="oracle mutation",
    kinds=("answer",),
    claim="The right answer of one instance is not paid on another.",
)
def other_answers(run: CheckRun) -> str | None:
    """Give the answers of other instances, and ask whether it works in one direction alone."""
    if run.session.answers_are_programs:
        return "answers are programs"
    made = _pairs(run)
    traces = run.play(Play(one.seed, other.oracle) for one, other in made)
    values = [run.session.value(i.seed, t) for (i, _), t in zip(made, traces, strict=True)]
    run.note(values)
    paid = [pair for pair, value in zip(made, values, strict=True) if value >= FULL]
    back = run.play(Play(other.seed, one.oracle) for one, other in paid)
    one_way = [
        pair
        for pair, trace in zip(paid, back, strict=True)
        if run.session.value(pair[1].seed, trace) < FULL
    ]
    many = run.session.many_right_answers
    for pairs, share in ((one_way, ONE_WAY_PAIRS_PAID), (paid, PAIRS_PAID)):
        if pairs and len(pairs) >= max(3, (MANY_PAIRS_PAID if many else share) * len(made)):
            instance, other = pairs[0]
            edit = Edit("another's answer", slot(other).body, "the whole answer")
            claim = (
                f"Answers of other instances are paid in full ({len(pairs)} of {len(made)} pairs)"
            )
            accuse_edit(run, instance, edit, claim, values)
            break
    return None


def _pairs(run: CheckRun) -> Pairs:
    pool, rng = run.session.usable, random.Random(1)
    made: Pairs = []
    for instance in run.session.some(3 if run.session.costly else 120):
        others = rng.sample(pool, min(4 if run.session.costly else 12, len(pool)))
        made += [
            (instance, other)
            for other in others
            if not same_answer(slot(other).body, instance) and not _overlap(other, instance)
        ]
    return made[: 12 if run.session.costly else 1500]


def _overlap(one: Instance, two: Instance) -> bool:
    """Say whether two reference answers list a common form: then both may be right."""
    mine, theirs = ({normal(form) for form in written(i.answer)} for i in (one, two))
    if isinstance(one.answer, list) and isinstance(two.answer, list):
        mine |= {normal(str(item)) for item in cast("list[Any]", one.answer)}
        theirs |= {normal(str(item)) for item in cast("list[Any]", two.answer)}
    return bool(mine & theirs)
