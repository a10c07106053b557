"""A spice trader knows the prices of the coming ports; only a voyage with the largest possible
gain is paid."""

import random
import re
from itertools import pairwise
from typing import Any

ACTIONS = ["buy:<int>", "sell:<int>", "sail"]
ORDER = re.compile(r"(buy|sell):([1-9][0-9]{0,2})", re.ASCII)
PORTS = 7
HOLD = 6
PURSE = 400


def _prices(seed: int) -> list[int]:
    """Draw prices with two rises or more and a fall, so that neither one purchase nor trading
    everywhere is enough.
    """
    chance = random.Random(f"spice {seed}")
    while True:
        prices = chance.sample(range(10, 60), PORTS)
        rises = [later > price for price, later in pairwise(prices)]
        if (
            2 <= sum(rises) <= PORTS - 2
            and rises != sorted(rises)
            and rises != sorted(rises, reverse=True)
        ):
            return prices


def _best(prices: list[int]) -> int:
    """Return the largest gain: the hold is full over every rise and empty over every fall."""
    return HOLD * sum(max(later - price, 0) for price, later in pairwise(prices))


class Env:
    max_steps = 24

    def reset(self, seed: int) -> str:
        self._prices = _prices(seed)
        self._port, self._coins, self._sacks = 0, PURSE, 0
        self._steps, self._done = 0, False
        posted = ", ".join(map(str, self._prices))
        rules = (
            f"The hold takes {HOLD} sacks; what is left after the last port is lost; gain as "
            f"much as can be gained."
        )
        return f"Prices at the {PORTS} ports: {posted}. {rules}\n{self._view()}"

    def prices(self) -> list[int]:
        return list(self._prices)

    def _view(self) -> str:
        return f"Port {self._port + 1}: {self._coins} coins, {self._sacks} sacks."

    def _trade(self, order: str, sacks: int) -> str:
        price = self._prices[self._port]
        change = sacks if order == "buy" else -sacks
        if not 0 <= self._sacks + change <= HOLD or self._coins < change * price:
            return "That cannot be done. "
        self._sacks += change
        self._coins -= change * price
        return ""

    def step(self, action: str) -> tuple[str, float, bool, dict[str, Any]]:
        if self._done:
            return "The voyage is over.", 0.0, True, {}
        self._steps += 1
        note = ""
        if action == "sail":
            self._port += 1
        elif match := ORDER.fullmatch(action):
            note = self._trade(match[1], int(match[2]))
        else:
            note = "No such action. "
        if self._port == PORTS:
            self._done = True
            return (
                "The voyage is over.",
                float(self._coins - PURSE == _best(self._prices)),
                True,
                {},
            )
        self._done = self._steps >= self.max_steps
        return note + self._view(), 0.0, self._done, {}

    def state(self) -> tuple[Any, ...]:
        return tuple(self._prices), self._port, self._coins, self._sacks, self._steps, self._done


def oracle(env: Env, seed: int) -> list[str]:
    prices, plan, sacks = env.prices(), [], 0
    for port, price in enumerate(prices):
        rises = port + 1 < PORTS and prices[port + 1] > price
        if rises and not sacks:
            plan.append(f"buy:{HOLD}")
        if not rises and sacks:
            plan.append(f"sell:{HOLD}")
        sacks = HOLD if rises else 0
        plan.append("sail")
    return plan
