"""Every level must have many instances, not only the one under audit.

Claims that no level of an environment has far fewer than a hundred different instances (law 4).
Draws seeds on each other level and counts pairs that are equal. What would fool it are instances
that differ in what is for show alone; `instances` looks at the audited level in detail.
"""

from collections import Counter
from math import sqrt

import msgspec

from firsthand.audit.accusation import CheckRun, check, told
from firsthand.audit.finding import Witness
from firsthand.audit.process.pool import Lab
from firsthand.audit.targets.protocol import Instance, Play
from firsthand.audit.thresholds import (
    LEVEL_DEVIATIONS,
    LEVEL_INSTANCES,
    LEVEL_SEEDS,
    LEVEL_SEEDS_COSTLY,
)


@check(
    "level_sizes",
    class_="data set",
    kinds=("answer", "episode"),
    claim="No level has only a few instances.",
)
def level_sizes(run: CheckRun) -> str | None:
    """Draw instances of every other level and count those that are equal."""
    facts, spec = run.session.facts, run.session.spec
    others = [level for level in facts.levels if level != spec.level]
    if not others or not facts.proven or facts.instances is not None:
        return "the target has no other levels that promise many instances"
    n = LEVEL_SEEDS_COSTLY if run.session.costly else LEVEL_SEEDS[run.session.options.budget]
    run.outcome.n = n
    for level in others:
        with Lab(msgspec.structs.replace(spec, level=level), workers=1) as lab:
            _judge(run, level, lab, run.session.stream(f"size of level {level}", n))
    return None


def most_pairs(n: int) -> float:
    """Return how many equal pairs there may be among `n` draws from LEVEL_INSTANCES instances."""
    expected = n * (n - 1) / 2 / LEVEL_INSTANCES
    return expected + LEVEL_DEVIATIONS * sqrt(expected)


def _judge(run: CheckRun, level: int, lab: Lab, seeds: list[int]) -> None:
    drawn = lab.instances(seeds, oracles=False)
    same: dict[tuple[str, str], list[Instance]] = {}
    for instance in drawn:
        same.setdefault((instance.prompt, str(instance.answer)), []).append(instance)
    counts = Counter(len(group) for group in same.values())
    pairs = sum(count * size * (size - 1) // 2 for size, count in counts.items())
    if pairs <= most_pairs(len(drawn)):
        return
    twins = lab.instances([i.seed for i in max(same.values(), key=len)[:2]])
    run.accuse(
        f"Only {len(same)} of {len(drawn)} instances of level {level} are different.",
        Witness(
            "instances", tuple(Play(i.seed, ()) for i in twins), digest=told(twins), level=level
        ),
        severity="major",
        class_="few instances",
        advice="Draw what decides the instance from the seed, on every level.",
    )
