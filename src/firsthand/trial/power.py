"""How many runs an effect needs, before any run is paid for."""

import math
from typing import NamedTuple

from firsthand.errors import UserError
from firsthand.evaluate.statistics import alpha_at, normal_quantile
from firsthand.trial.effects import POWER_QUANTILE, STRETCH, STRETCHES
from firsthand.trial.verdicts import ALPHA

SIZES = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4)
"""Effects on the share of successes that a table shows."""


class Design(NamedTuple):
    """What decides how much a trial can see. `rate` is the share of runs that succeed, about."""

    items: int
    rate: float = 0.5
    ends: float = 0.1
    probability: float = 0.5

    def check(self) -> None:
        """Raise `UserError` for numbers that make no trial."""
        if not 0.0 < self.rate < 1.0:
            raise UserError(f"A success rate lies between 0 and 1, got {self.rate:g}.")
        if self.items < 1:
            raise UserError(f"There must be an item on trial, got {self.items}.")


def error(runs: int, design: Design) -> float:
    """Return the standard error of an item's effect on a success rate."""
    random = runs * (1 - 2 * design.ends)
    columns = design.items + 3 + min(STRETCHES, runs // STRETCH)
    chance = design.probability * (1 - design.probability)
    spread = design.rate * (1 - design.rate) / chance
    return math.sqrt(spread / max(random * (1 - columns / runs), 1e-9))


def smallest(runs: int, design: Design) -> float:
    """Return the smallest effect that so many runs show with probability .8, at the first look."""
    design.check()
    quantile = normal_quantile(1 - alpha_at(1, ALPHA) / design.items) + POWER_QUANTILE
    return quantile * error(runs, design)


def runs_for(effect: float, design: Design) -> int:
    """Return how many runs show an effect with probability .8, at the first look.

    Raises `UserError` for what is no effect, or a design that makes no trial.
    """
    if not 0.0 < abs(effect) < 1.0:
        raise UserError(f"An effect on success lies between 0 and 1, got {effect:g}.")
    low, high = design.items + 12, 1 << 24
    while low < high:
        middle = (low + high) // 2
        enough = smallest(middle, design) <= abs(effect)
        low, high = (low, middle) if enough else (middle + 1, high)
    return low
