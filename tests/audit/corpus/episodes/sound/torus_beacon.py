"""A beacon on a map that wraps around: dense reward as the difference of a potential, so no
cycle pays."""

import random

ACTIONS = ["north", "south", "east", "west", "stop"]
STEPS = {"north": (-1, 0), "south": (1, 0), "east": (0, 1), "west": (0, -1)}
SIZE, SCALE = 16, 32


class Env:
    max_steps = 24

    def reset(self, seed: int) -> str:
        chance = random.Random(f"beacon {seed}")
        self.at = (chance.randrange(SIZE), chance.randrange(SIZE))
        self.beacon = self.at
        while (
            not 4 <= self.distance() <= SIZE - 4
        ):  # as many near as far: no fixed walk gains on average
            self.beacon = (chance.randrange(SIZE), chance.randrange(SIZE))
        self.first = self.distance()
        self.steps = 0
        self.done = False
        return (
            f"The map has {SIZE} by {SIZE} fields and wraps around. The beacon is at "
            f"{self.beacon}; stop there. {self._view()}"
        )

    def _view(self) -> str:
        return f"You are at {self.at}."

    def distance(self) -> int:
        gaps = [abs(here - there) for here, there in zip(self.at, self.beacon, strict=True)]
        return sum(min(gap, SIZE - gap) for gap in gaps)

    def state(self) -> tuple:
        return (self.at, self.beacon, self.steps, self.done)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The walk is over.", 0.0, True, {}
        self.steps += 1
        before = self.distance()
        if action == "stop":
            self.done = True
            return "The walk is over.", (1 - self.first / SCALE if before == 0 else 0.0), True, {}
        down, right = STEPS.get(action, (0, 0))
        self.at = ((self.at[0] + down) % SIZE, (self.at[1] + right) % SIZE)
        self.done = self.steps >= self.max_steps
        return self._view(), (before - self.distance()) / SCALE, self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    plan = []
    for here, there, more, less in zip(
        env.at, env.beacon, ("south", "east"), ("north", "west"), strict=True
    ):
        ahead = (there - here) % SIZE
        plan += [more] * ahead if ahead <= SIZE // 2 else [less] * (SIZE - ahead)
    return [*plan, "stop"]
