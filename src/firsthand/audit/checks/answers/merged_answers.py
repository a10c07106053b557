"""Differences by which the answers of this data set differ, and which the comparison drops.

Claims: answers that differ in case or in a symbol alone are told apart, where the data set has
both. What would fool it: nothing is assumed of case or symbols, the data set's own answers show
the difference.
"""

import re

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.checks.answers.edits.edit import Edit
from firsthand.audit.checks.answers.mutation import accuse_edit
from firsthand.audit.formats.answers import slot
from firsthand.audit.formats.sameness import normal
from firsthand.audit.targets.protocol import Instance, Play
from firsthand.audit.thresholds import FULL, MERGED_PAID

SYMBOLS = "#+*'%^~&\u266f\u266d-"
MOST_PAIRS = 40
FEWEST_PARTS = 3
"""Parts that stand with and without a symbol, from which it tells them apart."""


@check(
    "merged_answers",
    class_="oracle mutation",
    kinds=("answer",),
    claim="Answers that the data set tells apart are told apart by the reward.",
)
def merged_answers(run: CheckRun) -> str | None:
    """Give another answer that differs in case or punctuation, and drop telling symbols."""
    if run.session.answers_are_programs:
        return "answers are programs"
    _case_and_punctuation(run)
    _symbols(run)
    return None


def _case_and_punctuation(run: CheckRun) -> None:
    pools: dict[str, dict[str, Instance]] = {}
    for instance in run.session.usable:
        body = slot(instance).body.strip(" .!'\"\n")
        pools.setdefault(normal(body), {}).setdefault(body, instance)
    alike = [pool.values() for pool in pools.values()]
    pairs = [(one, two) for pool in alike for one in pool for two in pool if one is not two]
    pairs = pairs[:MOST_PAIRS]
    traces = run.play(Play(one.seed, two.oracle) for one, two in pairs)
    values = [run.session.value(i.seed, t) for (i, _), t in zip(pairs, traces, strict=True)]
    run.note(values)
    paid = [pair for pair, value in zip(pairs, values, strict=True) if value >= FULL]
    if paid and len(paid) >= MERGED_PAID * len(pairs):
        one, two = paid[0]
        ignored = "case and punctuation, by which answers of this data set differ"
        claim = f"Different answers count as the same ({len(paid)} of {len(pairs)} pairs)"
        accuse_edit(run, one, Edit("merged", slot(two).body, ignored), claim, values)


def _symbols(run: CheckRun) -> None:
    """Leave out a symbol that tells parts apart: where C and C# are both said, the sharp."""
    bodies = [slot(instance).body for instance in run.session.usable]
    parts = {part for body in bodies for part in re.split(r"[\s,;|]+", body)}
    for symbol in SYMBOLS:
        told = sum(symbol in part and part.replace(symbol, "") in parts for part in parts)
        if told < FEWEST_PARTS:
            continue
        able = [instance for instance in run.session.some(40) if symbol in slot(instance).body]
        results = run.attack(
            able, lambda i, symbol=symbol: slot(i).put(slot(i).body.replace(symbol, ""))
        )
        paid = [instance for instance, _, _, value in results if value >= FULL]
        if len(paid) >= max(FEWEST_PARTS, MERGED_PAID * len(results)):
            without = slot(paid[0]).body.replace(symbol, "")
            ignored = f"{symbol!r}, which tells parts of answers apart"
            claim = f"A symbol is ignored ({len(paid)} of {len(results)} instances)"
            values = [value for *_, value in results]
            accuse_edit(run, paid[0], Edit("symbol", without, ignored), claim, values)
            return
