"""What a policy that never looks may earn by luck, and whether it earned more.

A native environment declares its base rate. Of a file nothing is declared: there, with k different
last actions of the right plans (or k different plans), a guess is right once in k. More than that,
by a margin and beyond doubt, is not luck.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from firsthand.audit.stats.bounds import at_most, mean_lower
from firsthand.audit.targets.protocol import Instance, Trace
from firsthand.audit.thresholds import BASE_MARGIN, ERROR, FULL

MOST_LUCK = 0.75
"""However many tries a plan makes, more than this is not luck."""
MUCH = 0.25
"""By so much a mean over 8 instances exceeds a declared base rate even where the bound is wide."""
ATTACKS = 40
"""Plans that one search certifies at most; the error is divided among them."""


class Luck(msgspec.Struct, frozen=True):
    """The chances of blind plans on the instances of one target."""

    base_rate: float | None
    """What the target declares; None where it declares nothing."""
    instances: Sequence[Instance]
    solved: Mapping[int, Trace]
    """Seed to what the oracle's play showed."""

    @property
    def distinct(self) -> int:
        """The number of instances that differ in what they show, ask or answer."""
        seen = {(i.prompt, i.answer, i.oracle, self._told(i)) for i in self.instances}
        return len(seen)

    @property
    def looks(self) -> int:
        """The number of instances that an agent which solves them can tell apart."""
        return len({(i.prompt, self._told(i)) for i in self.instances})

    def _told(self, instance: Instance) -> tuple[str, ...]:
        return self.solved[instance.seed].observations

    @property
    def chance(self) -> float:
        """The share of instances on which a fixed plan may succeed by luck."""
        if self.base_rate is not None:
            return self.base_rate
        plans = Counter(i.oracle for i in self.instances)
        ends = Counter(i.oracle[-1] for i in self.instances if i.oracle)
        ways = min(len(ends) if len(ends) > 1 else len(plans), len(plans))
        return 1.0 / max(ways, 1)

    def tries(self, plan: Sequence[str]) -> int:
        """Return how many guesses a plan makes, where one action solves an instance."""
        if any(len(instance.oracle) != 1 for instance in self.instances):
            return 1
        return max(1, len(set(plan) & {instance.oracle[0] for instance in self.instances}))

    def allowance(self, guesses: int = 1) -> float:
        """Return the share of instances that a plan with so many guesses may solve by luck."""
        if self.base_rate is not None:
            return self.chance
        return max(self.chance, min(MOST_LUCK, self.chance * guesses))

    def lucky(self, values: Sequence[float], *, guesses: int = 1) -> bool:
        """Say whether luck explains these values of one plan, each from another instance."""
        n, allowed = len(values), self.allowance(guesses)
        hits = sum(value >= FULL for value in values)
        mean = sum(max(0.0, min(value, 1.0)) for value in values) / max(n, 1)
        if n == 0:
            return True
        if self.base_rate is not None:
            rounded = [1.0 if value >= FULL else value for value in values]
            beyond_doubt = mean_lower(rounded, alpha=ERROR / ATTACKS) > allowed + BASE_MARGIN
            return not beyond_doubt and not (mean > allowed + MUCH and n >= 8)
        if self.distinct == 1:
            return True  # one instance: its own solution is no blind plan
        if allowed == 1.0:  # all plans are equal though instances differ
            return not (hits >= 0.9 * n and n >= 8 and self.looks >= 3)
        rare = 1.0 - at_most(hits - 1, n, allowed) < 1e-3
        many = n >= 6 and hits / n >= allowed + 0.15 and rare
        return not (many or (mean >= max(0.8, allowed + 0.3) and n >= 8))
