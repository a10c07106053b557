"""A dive for a pearl; time under water with air left is worth something, and a whole good dive
is worth 1."""

import random

ACTIONS = ["left", "right", "grab", "surface"]
WIDTH = 12
PER_TURN = 0.04


class Env:
    max_steps = 60

    def reset(self, seed: int) -> str:
        chance = random.Random(f"pearls {seed}")
        self.at = WIDTH // 2
        self.pearl = chance.choice([place for place in range(WIDTH) if abs(place - self.at) > 1])
        self.air = 10
        self.earned = 0.0
        self.steps = 0
        self.done = False
        return (
            f"The reef has places 0 to {WIDTH - 1}. Grab the pearl at place {self.pearl}. "
            f"Surfacing fills your air again. {self._view()}"
        )

    def _view(self) -> str:
        return f"You are at {self.at} with air for {self.air} turns."

    def state(self) -> tuple:
        return (self.at, self.pearl, self.air, self.steps, self.done)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "You are back on the boat.", 0.0, True, {}
        self.steps += 1
        self.air -= 1
        if action == "grab" and self.at == self.pearl:
            self.done = True
            return "You have the pearl.", 1.0 - self.earned, True, {}
        if action == "left":
            self.at = max(0, self.at - 1)
        elif action == "right":
            self.at = min(WIDTH - 1, self.at + 1)
        elif action == "surface":
            self.air = 10
        self.done = self.air <= 0 or self.steps >= self.max_steps
        gained = PER_TURN if self.air > 0 else 0.0
        self.earned += gained
        return self._view(), gained, self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    way = env.pearl - env.at
    return ["right" if way > 0 else "left"] * abs(way) + ["grab"]
