"""Families: worked examples that say the same, and what one of them stands for.

A playbook holds hundreds of worked examples and a handful of ways of acting. Examples of one way
stand in for each other: what can be measured, compressed and retired is the family. A rule in prose
is a family of its own.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from firsthand.playbook import Lesson, Playbook
from firsthand.retrieval import pattern, words


class Family(msgspec.Struct, frozen=True):
    """Lessons that are shown, measured and retired together; `name` says what they do."""

    name: str
    lessons: tuple[Lesson, ...]

    @property
    def ids(self) -> frozenset[str]:
        """The ids of its lessons."""
        return frozenset(lesson.id for lesson in self.lessons)


def families(playbook: Playbook, *, apart: Sequence[Iterable[str]] = ()) -> list[Family]:
    """Split the active lessons by scope and way of acting, the largest family first.

    Each set of ids in `apart` becomes a family of its own, whatever its lessons say.
    """
    sets = [frozenset(ids) for ids in apart]
    found: dict[tuple[str, str, str], list[Lesson]] = defaultdict(list)
    for lesson in playbook.active:
        place = next((str(n) for n, ids in enumerate(sets) if lesson.id in ids), "")
        found[(f"set {place}", "", "") if place else _way(lesson)].append(lesson)
    ranked = sorted(found.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    return [Family(_name(lessons), tuple(lessons)) for _, lessons in ranked]


def way(lesson: Lesson) -> str:
    """Say how a lesson acts: its action with the words blanked that it was shown, or its text."""
    return pattern(lesson.observation, lesson.action) if lesson.kind == "example" else lesson.text


def _way(lesson: Lesson) -> tuple[str, str, str]:
    return lesson.scope, lesson.kind, way(lesson)


def _name(lessons: Sequence[Lesson]) -> str:
    said = Counter(way(lesson) for lesson in lessons).most_common(1)[0][0]
    return said if len(said) <= NAME else f"{said[: NAME - 1]}…"


NAME = 60
"""Most characters of a family's name in tables."""


def representative(lessons: Sequence[Lesson], n: int) -> list[Lesson]:
    """Return the `n` worked examples that together cover most of the words of all of them.

    Greedy: each next example adds the most words not covered yet, a word counting by the share of
    the examples that say it; words of a single example count nothing, else names of things would
    decide. Ties go to the larger credit.
    """
    said = {lesson.id: frozenset(words(lesson.observation)) for lesson in lessons}
    common = Counter(word for own in said.values() for word in own)
    left = sorted(lessons, key=lambda lesson: (-lesson.effect, lesson.id))
    covered, chosen = set[str](), list[Lesson]()

    def adds(lesson: Lesson) -> int:
        return sum(common[word] - 1 for word in said[lesson.id] - covered)

    while left and len(chosen) < n:
        best = max(left, key=adds)  # the first of equals
        left.remove(best)
        chosen.append(best)
        covered |= said[best.id]
    return chosen


_RULE = re.compile(r'When the observation says (".+"), answer in the way of (".*") \(…', re.DOTALL)


def merged_rules(playbook: Playbook) -> list[Lesson]:
    """Return one rule for each way of acting that several rules of the contrast reviewer name.

    Rules that a person or a language model wrote are left as they are: to merge them is to rewrite
    them.
    """
    told: dict[tuple[str, str], list[tuple[str, Lesson]]] = defaultdict(list)
    for lesson in playbook.active:
        if lesson.kind == "rule" and (read := _RULE.match(lesson.text)):
            told[lesson.scope, read[2]].append((read[1], lesson))
    return [
        Lesson(
            "rule",
            f"When the observation says {' or '.join(sorted(said for said, _ in parts))}, answer "
            f"in the way of {done} (… stands for words of the observation).",
            scope=scope,
            state="core",
            untrusted=any(lesson.untrusted for _, lesson in parts),
            evidence=tuple(dict.fromkeys(id for _, lesson in parts for id in lesson.evidence))[:20],
            parents=tuple(lesson.id for _, lesson in parts),
        )
        for (scope, done), parts in sorted(told.items())
        if len(parts) > 1
    ]
