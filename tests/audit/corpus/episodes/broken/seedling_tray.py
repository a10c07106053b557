"""Four seedlings are kept through sixteen hours: they dry out at different speeds and drown when
watered too early."""

import random
import re

SEEDLINGS = 4
HOURS = 16
CAN = 6
FULL = 12

ACTIONS = ["water:<int>", "wait"]


class Env:
    """One tray; every hour the seedlings that are alive are counted."""

    max_steps = HOURS

    def reset(self, seed: int) -> str:
        """Draw moistures and thirsts for which a careful gardener loses nothing."""
        chance = random.Random(f"seedling tray {seed}")
        while True:
            self.moist = [chance.randint(8, 11) for _ in range(SEEDLINGS)]
            self.thirst = chance.sample([1, 1, 1, 2], SEEDLINGS)
            if _careful(list(self.moist), self.thirst):
                break
        self.alive = [True] * SEEDLINGS
        self.hour = 0
        return self._view("A tray of seedlings.")

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        """Let one hour pass, after at most one seedling was watered."""
        if self.hour >= HOURS:
            return "The day is over.", 0.0, True, {}
        text = "An hour passes."
        named = re.fullmatch(r"water:([0-3])", action)
        if named:
            self.moist[int(named[1])] += CAN
            text = f"Seedling {named[1]} is watered."
        self.hour += 1
        for index in range(SEEDLINGS):
            if self.moist[index] > FULL:
                self.alive[index] = False
            self.moist[index] -= self.thirst[index]
            if self.moist[index] < 0:
                self.alive[index] = False
        reward = sum(self.alive) / (SEEDLINGS * HOURS)
        return self._view(text), reward, self.hour == HOURS, {}

    def _view(self, text: str) -> str:
        lines = [
            f"Seedling {index}: moisture {self.moist[index]} of {FULL}, dries by "
            f"{self.thirst[index]} an hour"
            if self.alive[index]
            else f"Seedling {index}: dead"
            for index in range(SEEDLINGS)
        ]
        return "\n".join([text, f"Hour {self.hour} of {HOURS}. A can holds {CAN}.", *lines])


def _careful(moist: list[int], thirst: list[int]) -> list[str]:
    """Water whatever has the fewest hours left and cannot drown; empty if a seedling dies all
    the same.
    """
    plan = []
    for _ in range(HOURS):
        dry = [index for index in range(SEEDLINGS) if moist[index] + CAN <= FULL]
        chosen = min(dry, key=lambda index: moist[index] / thirst[index], default=None)
        if chosen is not None:
            moist[chosen] += CAN
        plan.append("wait" if chosen is None else f"water:{chosen}")
        for index in range(SEEDLINGS):
            moist[index] -= thirst[index]
            if moist[index] < 0:
                return []
    return plan


def oracle(env: Env, seed: int) -> list[str]:
    """Water in the order of need."""
    return _careful(list(env.moist), env.thirst)
