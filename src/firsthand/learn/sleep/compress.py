"""Confirm and compress: first whether a playbook helps at all, then whether a smaller one does.

A rival is a playbook of its own, with merged rules or fewer worked examples. It replaces the parent
where it is not worse on gate tasks that nobody learned from, by the lower end of a paired interval;
nothing is rewritten in place. Rivals come from large to small and the first that fails ends the
search, so that trying several needs no correction (fixed-sequence testing, Maurer et al. 1995).
"""

import math
from collections.abc import Callable, Iterator, Sequence

import msgspec

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.errors import UserError
from firsthand.evaluate.evaluate import compare
from firsthand.evaluate.statistics import Difference
from firsthand.learn.lessons.gate import Play
from firsthand.learn.sleep.families import families, merged_rules, representative
from firsthand.playbook import Lesson, Playbook
from firsthand.task import Task

FEWEST = 1
"""Worked examples of a family that are always kept."""


class Confirmed(msgspec.Struct, frozen=True):
    """Whether the lessons about one environment help there."""

    environment: str
    before: float
    """Mean score without lessons."""
    after: float
    difference: Difference

    @property
    def holds(self) -> bool:
        """Whether the lessons are shown to help."""
        return self.difference.interval.low > 0

    @property
    def harms(self) -> bool:
        """Whether they are shown to harm."""
        return self.difference.interval.high < 0


class Rival(msgspec.Struct, frozen=True):
    """A smaller playbook against its parent; the difference is rival - parent."""

    lessons: int
    tokens: int
    difference: Difference
    replaces: bool


class Compressed(msgspec.Struct, frozen=True):
    """What is left of a playbook after confirming and compressing it."""

    playbook: Playbook
    confirmed: tuple[Confirmed, ...]
    rivals: tuple[Rival, ...]
    lessons: int
    """Active lessons before."""
    tokens: int
    """Their tokens, all of them together, before."""
    plays: int
    """Episodes that it took."""


async def compress(
    agent: Agent, tasks: Sequence[Task], *, play: Play, margin: float = 0.05
) -> Compressed:
    """Confirm the agent's playbook on gate tasks, environment by environment, and try rivals.

    Where the lessons are shown to harm they are retired; where nothing is shown, and where there
    are no tasks, they stay as they are. A rival may lose `margin` of the score in no environment.
    Raises `UserError` for a margin outside (0, 1).
    """
    if not 0.0 < margin < 1.0:
        raise UserError(f"A margin lies between 0 and 1, got {margin!r}.")
    start = agent.playbook
    nothing = Playbook(adapter=start.adapter)  # the weights are not in question here
    bare = await play(agent.with_playbook(nothing), tasks)
    parent = await play(agent, tasks)
    confirmed = _confirmed(bare, parent)
    holds = {found.environment for found in confirmed if found.holds}
    kept = _without(start, {found.environment for found in confirmed if found.harms})
    best, plays, rivals = kept, 2 * len(tasks), list[Rival]()
    own = [task for task in tasks if task.environment in holds]
    before = [episode for episode in parent if episode.task.environment in holds]
    for rival in _rivals(kept, holds) if own else ():
        after = await play(agent.with_playbook(rival), own)
        plays += len(own)
        found = compare(before, after)
        if found.overall is None:
            break
        lows = [change.difference.interval.low for change in found.environments.values()]
        replaces = min(lows) >= -margin
        rivals.append(
            Rival(
                len(rival.active),
                sum(lesson.tokens for lesson in rival.active),
                found.overall.difference,
                replaces,
            )
        )
        if not replaces:
            break
        best = rival
    return Compressed(
        best,
        confirmed,
        tuple(rivals),
        len(start.active),
        sum(lesson.tokens for lesson in start.active),
        plays,
    )


def _confirmed(before: Sequence[Episode], after: Sequence[Episode]) -> tuple[Confirmed, ...]:
    return tuple(
        Confirmed(name, change.before.mean, change.after.mean, change.difference)
        for name, change in compare(before, after).environments.items()
    )


def _without(playbook: Playbook, places: set[str]) -> Playbook:
    """Retire the lessons that speak about these environments."""
    lessons = tuple(
        msgspec.structs.replace(lesson, state="retired")
        if any(lesson.in_scope(place) for place in places)
        else lesson
        for lesson in playbook.lessons
    )
    return msgspec.structs.replace(playbook, lessons=lessons)


def _rivals(playbook: Playbook, places: set[str]) -> Iterator[Playbook]:
    """Yield ever smaller playbooks: rules merged, then half of the examples, a quarter, and so on.

    Only lessons about the given environments are touched. What a rival leaves out is retired in it.
    """
    base = playbook
    if merged := merged_rules(playbook):
        replaced = {parent for lesson in merged for parent in lesson.parents}
        base = _keeping(playbook, lambda lesson: lesson.id not in replaced, merged)
        yield base
    groups = [
        family.lessons
        for family in families(base)
        if family.lessons[0].kind == "example"
        and any(family.lessons[0].in_scope(place) for place in places)
    ]
    largest = max(map(len, groups), default=0)
    share = 1
    while largest > FEWEST * share:
        share *= 2
        kept = {
            lesson.id
            for lessons in groups
            for lesson in representative(lessons, max(FEWEST, math.ceil(len(lessons) / share)))
        }
        grouped = {lesson.id for lessons in groups for lesson in lessons}
        yield _keeping(
            base,
            lambda lesson, kept=kept, grouped=grouped: (
                lesson.id in kept or lesson.id not in grouped
            ),
        )


def _keeping(
    playbook: Playbook, keeps: Callable[[Lesson], bool], more: Sequence[Lesson] = ()
) -> Playbook:
    lessons = tuple(
        lesson if keeps(lesson) else msgspec.structs.replace(lesson, state="retired")
        for lesson in playbook.lessons
    )
    known = {lesson.id for lesson in lessons}
    new = tuple(lesson for lesson in more if lesson.id not in known)
    return msgspec.structs.replace(playbook, lessons=(*lessons, *new))
