"""A grain merchant with a small barn trades over some days whose prices are posted beforehand."""

import random
import re
from itertools import pairwise
from typing import Any

ACTIONS = ["buy:<int>", "sell:<int>", "wait"]
ORDER = re.compile(r"(buy|sell):(-?[0-9]{1,4})", re.ASCII)
DAYS = 8
CASH = 1000
BARN = 10


def _prices(seed: int) -> list[int]:
    """Draw prices of which at least two rise from one day to the next."""
    chance = random.Random(f"grain {seed}")
    while True:
        prices = [chance.randint(10, 60) for _ in range(DAYS)]
        if sum(later > price for price, later in pairwise(prices)) >= 2:
            return prices


def _best(prices: list[int]) -> tuple[int, list[str]]:
    """Return the largest gain and orders that reach it: the barn is best full or empty."""
    empty: tuple[int, list[str]] = (0, [])
    full: tuple[int, list[str]] = (-(10**9), [])
    for price in prices:
        bought = (empty[0] - BARN * price, [*empty[1], f"buy:{BARN}"])
        sold = (full[0] + BARN * price, [*full[1], f"sell:{BARN}"])
        empty, full = (
            max((empty[0], [*empty[1], "wait"]), sold, key=lambda plan: plan[0]),
            max((full[0], [*full[1], "wait"]), bought, key=lambda plan: plan[0]),
        )
    return empty


class Env:
    max_steps = DAYS

    def reset(self, seed: int) -> str:
        self._prices = _prices(seed)
        self._cash, self._grain, self._day = CASH, 0, 0
        posted = ", ".join(map(str, self._prices))
        return (
            f"Prices of the {DAYS} days: {posted}. One order a day; the barn holds {BARN}; "
            f"what is left at the end is lost.\n{self._view()}"
        )

    def prices(self) -> list[int]:
        return list(self._prices)

    def _view(self) -> str:
        return f"Day {self._day + 1}: {self._cash} coins, {self._grain} sacks."

    def _trade(self, order: str, sacks: int) -> bool:
        price = self._prices[self._day]
        if order == "buy" and self._grain + sacks <= BARN and sacks * price <= self._cash:
            self._grain += sacks
            self._cash -= sacks * price
            return True
        if order == "sell" and 0 <= sacks <= self._grain:
            self._grain -= sacks
            self._cash += sacks * price
            return True
        return False

    def step(self, action: str) -> tuple[str, float, bool, dict[str, Any]]:
        if self._day >= DAYS:
            return "The market is over.", 0.0, True, {}
        match = ORDER.fullmatch(action)
        refused = (
            bool(match) and not self._trade(match[1], int(match[2])) if match else action != "wait"
        )
        self._day += 1
        note = "That order was refused. " if refused else ""
        if self._day < DAYS:
            return note + self._view(), 0.0, False, {}
        gain = (self._cash - CASH) / _best(self._prices)[0]
        return (
            f"{note}The market closes with {self._cash} coins.",
            min(max(gain, 0.0), 1.0),
            True,
            {},
        )

    def state(self) -> tuple[Any, ...]:
        return tuple(self._prices), self._cash, self._grain, self._day


def oracle(env: Env, seed: int) -> list[str]:
    return _best(env.prices())[1]
