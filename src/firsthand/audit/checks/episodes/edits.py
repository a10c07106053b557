"""Right plans with one edit, played: what the checks of plans share."""

from collections.abc import Callable

from firsthand.audit.accusation import CheckRun
from firsthand.audit.formats.actions import kind
from firsthand.audit.targets.protocol import Instance, Play
from firsthand.audit.thresholds import FULL

Edited = list[tuple[Instance, Play, float]]


def played(
    run: CheckRun, chosen: list[Instance], edit: Callable[[Instance], tuple[str, ...] | None]
) -> Edited:
    """Play an edit where it changes the plan."""
    results = run.attack(
        chosen, lambda i: plan if (plan := edit(i)) is not None and plan != i.oracle else None
    )
    return [(instance, play, value) for instance, play, _, value in results]


def share_without(run: CheckRun, chosen: list[Instance], name: str) -> float:
    """Return the share of plans that are paid in full without any step of a kind."""
    results = played(
        run, chosen, lambda i: tuple(action for action in i.oracle if kind(action) != name)
    )
    return sum(value >= FULL for *_, value in results) / len(results) if results else 0.0
