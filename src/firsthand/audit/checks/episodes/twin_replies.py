"""Instances that look the same must answer nonsense in the same way.

Claims that a reply to an invalid action does not depend on what is hidden. Plays nonsense on pairs
of instances with equal first observations and different plans. A world may show more of itself
whatever one does, so that a difference is told as minor only.
"""

from collections import defaultdict

from firsthand.audit.accusation import CheckRun, check
from firsthand.audit.checks.episodes.mistakes import ERRORS
from firsthand.audit.finding import Witness
from firsthand.audit.formats.actions import SLOT, fill
from firsthand.audit.targets.protocol import Instance, Play

MOST_PAIRS = 8


@check(
    "twin_replies",
    class_="taint",
    kinds=("episode",),
    claim="Instances that look the same answer nonsense in the same way.",
)
def twin_replies(run: CheckRun) -> str | None:
    """Say nonsense to instances that look the same and are solved differently."""
    pairs = _twins(run)
    if not pairs:
        return "no two instances look the same and are solved differently"
    grammar = run.session.facts.grammar[:6]
    nonsense = [*ERRORS[:3], *(fill(t, "zebra") for t in grammar if SLOT.search(t))]
    made = [
        (Play(one.seed, (word,)), Play(two.seed, (word,)))
        for one, two in pairs
        for word in nonsense
    ]
    first, second = run.play(one for one, _ in made), run.play(two for _, two in made)
    run.outcome.n = len(pairs)
    for (one, two), a, b in zip(made, first, second, strict=True):
        if not (a.done or b.done) and a.observations[1:] != b.observations[1:]:
            run.accuse(
                f"The reply to {one.actions[0][:40]!r}, which does nothing, differs between "
                "instances that look the same.",
                Witness("differs", (one,), against=(two,)),
                severity="minor",
                values=[0.0] * len(pairs),
                advice="See whether the reply gives away what is hidden.",
            )
            return None
    return None


def _twins(run: CheckRun) -> list[tuple[Instance, Instance]]:
    looks: dict[str, list[Instance]] = defaultdict(list)
    for instance in run.session.usable[:200]:
        looks[instance.prompt].append(instance)
    groups = [group for group in looks.values() if len({i.oracle for i in group}) > 1]
    return [
        (group[0], next(i for i in group if i.oracle != group[0].oracle))
        for group in groups[:MOST_PAIRS]
    ]
