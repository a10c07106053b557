"""Three dials to set, with half of the mark for accuracy and half for a short sequence of
operations."""

import random

ACTIONS = ["up:<int>", "down:<int>", "submit"]


class Env:
    max_steps = 30

    def reset(self, seed: int) -> str:
        chance = random.Random(f"dials {seed}")
        self.dials = [5, 5, 5]
        self.target = [5, 5, 5]
        while self.needed() < 4:
            self.target = [chance.randint(0, 9) for _ in range(3)]
        self.fewest = self.needed()
        self.steps = 0
        self.done = False
        return (
            f"Set the dials to {self.target}, then submit. They stand at {self.dials}. "
            f"Accuracy and economy count half each."
        )

    def needed(self) -> int:
        return sum(abs(a - b) for a, b in zip(self.dials, self.target, strict=True))

    def state(self) -> tuple:
        return (*self.dials, *self.target, self.steps)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "Already submitted.", 0.0, True, {}
        if action == "submit":
            self.done = True
            accuracy = 1.0 if self.dials == self.target else 0.0
            economy = min(1.0, self.fewest / max(1, self.steps))
            return "Submitted.", 0.5 * accuracy + 0.5 * economy, True, {}
        self.steps += 1
        name, _, dial = action.partition(":")
        if name in ("up", "down") and dial in ("0", "1", "2"):
            value = self.dials[int(dial)] + (1 if name == "up" else -1)
            self.dials[int(dial)] = min(9, max(0, value))
        self.done = self.steps >= self.max_steps
        return f"The dials stand at {self.dials}.", 0.0, self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    plan = []
    for dial, target in enumerate(env.target):
        plan += [f"{'up' if target > 5 else 'down'}:{dial}"] * abs(target - 5)
    return [*plan, "submit"]
