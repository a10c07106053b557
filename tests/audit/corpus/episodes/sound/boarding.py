"""Board groups in an order that keeps all rules; any order that does is as good as another."""

import random
import re
from typing import Any

ACTIONS = ["board:<int>"]
BOARD = re.compile(r"board:([1-6])", re.ASCII)
GROUPS = ("families", "sailors", "students", "traders", "pilgrims", "players")


class Env:
    max_steps = len(GROUPS)

    def reset(self, seed: int) -> str:
        chance = random.Random(f"boarding {seed}")
        self._order = chance.sample(range(1, len(GROUPS) + 1), len(GROUPS))
        # One pair of neighbours is left free, so two orders keep the rules.
        self._free = chance.randrange(len(GROUPS) - 1)
        self._rules = self._draw_rules(chance)
        self._boarded: list[int] = []
        self._done = False
        groups = ", ".join(f"{number} {group}" for number, group in enumerate(GROUPS, 1))
        told = " ".join(
            f"{GROUPS[first - 1]} before {GROUPS[second - 1]}.".capitalize()
            for first, second in self._rules
        )
        return f"Board each group once: {groups}. {told} A breach ends the boarding."

    def _draw_rules(self, chance: random.Random) -> list[tuple[int, int]]:
        order, rules = self._order, []
        for place in range(len(order) - 1):
            if place != self._free:
                rules.append((order[place], order[place + 1]))
            if place + 2 < len(order) and self._free in (place, place + 1):
                rules.append((order[place], order[place + 2]))
        chance.shuffle(rules)
        return rules

    def order(self) -> list[int]:
        return list(self._order)

    def _allowed(self, group: int) -> bool:
        return group not in self._boarded and all(
            first in self._boarded for first, second in self._rules if second == group
        )

    def step(self, action: str) -> tuple[str, float, bool, dict[str, Any]]:
        if self._done:
            return "The boarding is over.", 0.0, True, {}
        match = BOARD.fullmatch(action)
        if match is None or not self._allowed(int(match[1])):
            self._done = True
            return "That breaks the rules; the boarding is broken off.", 0.0, True, {}
        self._boarded.append(int(match[1]))
        self._done = len(self._boarded) == len(GROUPS)
        text = (
            "All are on board." if self._done else f"The {GROUPS[int(match[1]) - 1]} go on board."
        )
        return text, float(self._done), self._done, {}

    def state(self) -> tuple[Any, ...]:
        return tuple(self._order), tuple(self._rules), tuple(self._boarded), self._done


def oracle(env: Env, seed: int) -> list[str]:
    return [f"board:{group}" for group in env.order()]
