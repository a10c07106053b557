"""Promotion: which lessons earned their place, by the share of false discoveries among them.

Lessons that add up are promoted on their own evidence, by Benjamini and Hochberg's rule (1995):
else useless ones would be carried by the mean effect of their kind. Examples that stand in for each
other are promoted by their posterior, kind included, as long as the expected share of useless ones
among the promoted stays below the level (local false discovery rates, Efron 2010). A recorded
success may be promoted on what is known of the others; an example that a reviewer made up stands
alone (`examples.made_up`), because it may wait for a trigger.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from firsthand.learn.lessons.credit import SUBSTITUTES, Credits
from firsthand.learn.lessons.settings import LearnConfig
from firsthand.playbook import Credit, Lesson


class Judged(msgspec.Struct, frozen=True):
    """Lessons with their new states, and by environment the ids of those promoted there."""

    lessons: tuple[Lesson, ...]
    promoted: Mapping[str, frozenset[str]]


def judge(lessons: Sequence[Lesson], credits: Credits, config: LearnConfig) -> Judged:
    """Promote, keep or retire every lesson that was on offer, environment by environment.

    A lesson is core where it was promoted in some environment, and retired where it helps in none.
    """
    by_id = {lesson.id: lesson for lesson in lessons}
    found: dict[str, dict[str, Credit]] = defaultdict(dict)
    for (id, environment), credit in credits.by_environment.items():
        if by_id[id].state != "retired":
            found[environment][id] = credit
    promoted = {
        environment: frozenset(_promoted(by_id, own, config)) for environment, own in found.items()
    }

    def state(lesson: Lesson) -> Lesson:
        own = [found[name][lesson.id] for name in found if lesson.id in found[name]]
        if not own:
            return lesson
        new = "probation"
        if any(lesson.id in ids for ids in promoted.values()):
            new = "core"
        elif all(credit.positive < config.drop_below for credit in own):
            new = "retired"
        return msgspec.structs.replace(lesson, state=new, credit=credits.overall[lesson.id])

    return Judged(tuple(map(state, lessons)), promoted)


def _promoted(
    lessons: Mapping[str, Lesson], credits: Mapping[str, Credit], config: LearnConfig
) -> Iterable[str]:
    """Yield the lessons that are promoted in one environment."""

    def pays(id: str) -> bool:
        credit = credits[id]
        return credit.mean > config.token_price * lessons[id].tokens

    def sure(id: str) -> bool:
        return pays(id) and 1.0 - credits[id].doubt >= config.promote_above

    substitutes = [id for id in credits if lessons[id].kind in SUBSTITUTES]
    doubts = {id: credits[id].doubt for id in substitutes if sure(id)}
    yield from below_mean_doubt(doubts, config.false_discoveries)
    additive = {id: credits[id].doubt for id in credits if lessons[id].kind not in SUBSTITUTES}
    yield from filter(sure, benjamini_hochberg(additive, config.false_discoveries))


def benjamini_hochberg(p_values: Mapping[str, float], level: float) -> list[str]:
    """Return the names whose hypotheses are rejected at this false discovery rate."""
    ordered = sorted(p_values, key=lambda name: (p_values[name], name))
    n = len(ordered)
    ranks = [rank for rank in range(1, n + 1) if p_values[ordered[rank - 1]] <= level * rank / n]
    return ordered[: max(ranks, default=0)]


def below_mean_doubt(doubts: Mapping[str, float], level: float) -> list[str]:
    """Return the most names, least doubtful first, whose mean doubt is at most the level."""
    ordered = sorted(doubts, key=lambda name: (doubts[name], name))
    total, kept = 0.0, 0
    for rank, name in enumerate(ordered, start=1):
        total += doubts[name]
        if total > level * rank:
            break
        kept = rank
    return ordered[:kept]
