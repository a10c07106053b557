"""The trial's own control: its coins are tossed again, and nothing may be found.

Outcomes and tasks stay as they are, so that the statistics are tested on the very runs that they
speak about.
"""

from collections.abc import Sequence

import msgspec

from firsthand.evaluate.statistics import Interval, alpha_at, wilson
from firsthand.trial.assignment import draw
from firsthand.trial.effects import Row, estimate
from firsthand.trial.verdicts import ALPHA, at_look


class Retossed(msgspec.Struct, frozen=True):
    """How often a verdict was given where there can be none, and how often intervals held 0."""

    rounds: int
    any: int
    """Rounds in which some item got a verdict; 3% are expected at the first look."""
    interval: Interval
    coverage: float


def retossed(found: Sequence[Row], items: Sequence[str], *, rounds: int, binary: bool) -> Retossed:
    """Toss the coins of all random runs again, so many times, and judge each time."""
    wrong, held = 0, list[bool]()
    for round in range(rounds):
        again = [_again(one, f"{at}", round) for at, one in enumerate(found)]
        effects = estimate(again, items, binary=binary, pairs=False)
        wrong += bool(at_look(effects, alpha_at(1, ALPHA), 0.0))
        held += [e.interval.low <= 0 <= e.interval.high for e in effects.items.values()]
    coverage = sum(held) / len(held) if held else 1.0
    return Retossed(rounds, wrong, wilson(wrong, rounds), coverage)


def _again(one: Row, key: str, round: int) -> Row:
    items = sorted(one.shown | one.hidden)
    drawn = draw(items, key, mode=one.mode, probability=one.probability, seed=round)
    sides = frozenset(drawn.shown), frozenset(drawn.hidden)
    return msgspec.structs.replace(one, shown=sides[0], hidden=sides[1])
