"""Twelve days on a grain market with known prices; the profit is measured against the best one."""

import random
import re

ACTIONS = ["buy:<int>", "sell:<int>", "wait"]
DAYS, PURSE = 12, 200


class Env:
    max_steps = DAYS

    def reset(self, seed: int) -> str:
        chance = random.Random(f"grain {seed}")
        self.prices = [chance.randint(4, 30) for _ in range(DAYS)]
        while not any(a < b for a, b in zip(self.prices, self.prices[1:], strict=False)):
            chance.shuffle(self.prices)
        self.day, self.cash, self.sacks = 0, PURSE, 0
        self.best = _best_profit(self.prices)
        self.done = False
        return (
            f"Prices of the twelve days: {self.prices}. One order a day. Only coins count "
            f"after day twelve. {self._view()}"
        )

    def _view(self) -> str:
        return f"Day {self.day + 1}: {self.cash} coins, {self.sacks} sacks."

    def state(self) -> tuple:
        return (self.day, self.cash, self.sacks)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The market is closed.", 0.0, True, {}
        price = self.prices[self.day]
        order = re.fullmatch(r"(buy|sell):(-?[0-9]{1,9})", action)
        note = ""
        if order:
            amount = int(order[2])
            if order[1] == "buy" and amount * price <= self.cash:
                self.cash, self.sacks = self.cash - amount * price, self.sacks + amount
            elif order[1] == "sell" and 0 <= amount <= self.sacks:
                self.cash, self.sacks = self.cash + amount * price, self.sacks - amount
            else:
                note = "The order is refused. "
        self.day += 1
        self.done = self.day >= DAYS
        if not self.done:
            return note + self._view(), 0.0, False, {}
        return (
            note + f"The market closes with {self.cash} coins.",
            min(1.0, max(0.0, (self.cash - PURSE) / self.best)),
            True,
            {},
        )


def _orders(prices: list[int]) -> tuple[list[str], int]:
    cash, sacks, plan = PURSE, 0, []
    for today, price in enumerate(prices):
        rises = today + 1 < len(prices) and prices[today + 1] > price
        if rises and cash >= price:
            plan.append(f"buy:{cash // price}")
            cash, sacks = cash % price, sacks + cash // price
        elif not rises and sacks:
            plan.append(f"sell:{sacks}")
            cash, sacks = cash + sacks * price, 0
        else:
            plan.append("wait")
    return plan, cash


def _best_profit(prices: list[int]) -> int:
    return max(1, _orders(prices)[1] - PURSE)


def oracle(env: Env, seed: int) -> list[str]:
    return _orders(env.prices)[0]
