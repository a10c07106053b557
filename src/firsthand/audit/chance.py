"""What a policy that never looks may earn by luck, and whether it earned more.

A native environment declares its base rate. Of a file nothing is declared: there, with k different right
ends of a plan (or k different plans), a guess is right once in k. Above that, by a margin and beyond
doubt, is not luck.
"""

from collections import Counter
from collections.abc import Sequence

from firsthand.audit.bounds import at_most, lower
from firsthand.audit.session import FULL, SIMULTANEOUS, Session

MARGIN = 0.01
"""By how much a declared base rate may be exceeded."""


def distinct(session: Session) -> int:
    """Return the number of instances that look or are solved differently, or answer differently while they are solved."""
    return len(
        {
            (
                instance.prompt,
                instance.answer,
                instance.oracle,
                session.solved[instance.seed].observations,
            )
            for instance in session.usable
        }
    )


def looks(session: Session) -> int:
    """Return the number of instances that an agent which solves them can tell apart."""
    return len(
        {
            (instance.prompt, session.solved[instance.seed].observations)
            for instance in session.usable
        }
    )


def chance(session: Session) -> float:
    """Return the share of instances on which a fixed plan may succeed by luck."""
    if session.facts.base_rate is not None:
        return session.facts.base_rate
    plans = Counter(instance.oracle for instance in session.usable)
    ends = Counter(instance.oracle[-1] for instance in session.usable if instance.oracle)
    ways = min(len(ends) if len(ends) > 1 else len(plans), len(plans))
    return 1.0 / max(ways, 1)


MOST_LUCK = 0.75
"""However many tries a plan makes, more than this is not luck."""


def tries(session: Session, plan: Sequence[str]) -> int:
    """Return how many guesses a plan makes, where one action solves an instance."""
    if any(len(instance.oracle) != 1 for instance in session.usable):
        return 1
    return max(1, len(set(plan) & {instance.oracle[0] for instance in session.usable}))


def allowance(session: Session, guesses: int = 1) -> float:
    """Return the share of instances on which a plan that makes so many guesses may succeed by luck."""
    once = chance(session)
    return (
        once if session.facts.base_rate is not None else max(once, min(MOST_LUCK, once * guesses))
    )


def lucky(session: Session, values: Sequence[float], *, guesses: int = 1) -> bool:
    """Say whether luck explains these values of one plan that makes so many guesses, each value from another instance."""
    hits, n, allowed = (
        sum(value >= FULL for value in values),
        len(values),
        allowance(session, guesses),
    )
    mean = sum(max(0.0, min(value, 1.0)) for value in values) / max(n, 1)
    if n == 0:
        return True
    if session.facts.base_rate is not None:
        part = mean > allowed + 0.25 and n >= 8
        return not part and lower(hits, n, alpha=0.05 / SIMULTANEOUS) <= allowed + MARGIN
    if distinct(session) == 1:
        return True  # one instance: its own solution is no blind plan
    if allowed == 1.0:  # all plans are equal though instances differ
        return not (hits >= 0.9 * n and n >= 8 and looks(session) >= 3)
    many = n >= 6 and hits / n >= allowed + 0.15 and 1.0 - at_most(hits - 1, n, allowed) < 1e-3
    return not (many or (mean >= max(0.8, allowed + 0.3) and n >= 8))
