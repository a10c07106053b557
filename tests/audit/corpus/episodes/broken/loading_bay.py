"""A porter in a corridor brings every crate to the bay at its end."""

import random
from typing import Any

ACTIONS = ["left", "right", "lift", "drop"]
LENGTH = 7
CRATES = 3
BAY = 0


class Env:
    max_steps = 60

    def reset(self, seed: int) -> str:
        chance = random.Random(f"bay {seed}")
        self._crates = sorted(chance.sample(range(1, LENGTH), CRATES))
        self._place = chance.randrange(1, LENGTH)
        self._carries = False
        self._steps, self._done = 0, False
        return f"Bring all {CRATES} crates to the bay at place {BAY}.\n{self._view()}"

    def _view(self) -> str:
        hands = "a crate" if self._carries else "nothing"
        return (
            f"You are at place {self._place} and carry {hands}. Crates lie at "
            f"{', '.join(map(str, self._crates)) or 'no place'}."
        )

    def crates(self) -> list[int]:
        return list(self._crates)

    def place(self) -> int:
        return self._place

    def _lift(self) -> None:
        if not self._carries and self._place in self._crates:
            self._crates.remove(self._place)
            self._carries = True

    def _drop(self) -> float:
        """Put the crate down; one that comes to the bay earns its share."""
        if not self._carries:
            return 0.0
        self._crates.append(self._place)
        self._crates.sort()
        self._carries = False
        return 1 / CRATES if self._place == BAY else 0.0

    def step(self, action: str) -> tuple[str, float, bool, dict[str, Any]]:
        if self._done:
            return "The shift is over.", 0.0, True, {}
        self._steps += 1
        reward = 0.0
        if action == "left":
            self._place = max(self._place - 1, 0)
        elif action == "right":
            self._place = min(self._place + 1, LENGTH - 1)
        elif action == "lift":
            self._lift()
        elif action == "drop":
            reward = self._drop()
        self._done = self._crates == [BAY] * CRATES or self._steps >= self.max_steps
        return self._view(), reward, self._done, {}

    def state(self) -> tuple[Any, ...]:
        return tuple(self._crates), self._place, self._carries, self._steps, self._done


def oracle(env: Env, seed: int) -> list[str]:
    plan, here = [], env.place()
    for crate in env.crates():
        plan += ["right"] * (crate - here) + ["left"] * (here - crate) + ["lift"]
        plan += ["left"] * crate + ["drop"]
        here = BAY
    return plan
