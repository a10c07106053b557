"""A refund desk: read the state of each order, refund those that the house owes, close the case."""

import random
import re
from typing import Any

ACTIONS = ["look:<int>", "refund:<int>", "close"]
CALL = re.compile(r"(look|refund):([1-9][0-9]{0,2})", re.ASCII)
GOODS = ("lamp", "kettle", "desk", "radio", "clock", "chair")
STATES = ("lost", "late", "broken on arrival", "received", "returned unopened")
OWED = {"lost", "broken on arrival"}
ORDERS = 5


def _draw(seed: int) -> list[tuple[str, str]]:
    """Draw orders of which some are owed and some are not."""
    chance = random.Random(f"refunds {seed}")
    while True:
        orders = [(chance.choice(GOODS), chance.choice(STATES)) for _ in range(ORDERS)]
        if 1 <= sum(state in OWED for _, state in orders) < ORDERS:
            return orders


class Env:
    max_steps = 16

    def reset(self, seed: int) -> str:
        self._orders = _draw(seed)
        self._refunded: set[int] = set()
        self._steps, self._done = 0, False
        listed = "\n".join(f"{number}. {good}" for number, (good, _) in enumerate(self._orders, 1))
        return (
            f"A buyer writes about {ORDERS} orders. Refund those that were lost or broken on "
            f"arrival, no other, then close.\n{listed}"
        )

    def owed(self) -> set[int]:
        return {number for number, (_, state) in enumerate(self._orders, 1) if state in OWED}

    def _call(self, tool: str, number: int) -> str:
        if number > ORDERS:
            return "There is no such order."
        good, state = self._orders[number - 1]
        if tool == "look":
            return f"Order {number}, {good}: {state}."
        if number in self._refunded:
            return f"Order {number} is refunded already."
        self._refunded.add(number)
        return f"Order {number}: money sent."

    def step(self, action: str) -> tuple[str, float, bool, dict[str, Any]]:
        if self._done:
            return "The case is closed.", 0.0, True, {}
        self._steps += 1
        self._done = self._steps >= self.max_steps
        if action == "close":
            self._done = True
            settled = all(number in self._refunded for number in self.owed())
            return "The case is closed.", float(settled), True, {}
        match = CALL.fullmatch(action)
        text = self._call(match[1], int(match[2])) if match else "No such action."
        return text, 0.0, self._done, {}

    def state(self) -> tuple[Any, ...]:
        return tuple(self._orders), tuple(sorted(self._refunded)), self._steps, self._done


def oracle(env: Env, seed: int) -> list[str]:
    looks = [f"look:{number}" for number in range(1, ORDERS + 1)]
    return [*looks, *(f"refund:{number}" for number in sorted(env.owed())), "close"]
