"""A cabinet whose drawers unlock one after the other: each label is a sum, and the last drawer
holds the medal."""

import random

ACTIONS = ["solve:<int>", "pull:<int>"]


class Env:
    max_steps = 24

    def reset(self, seed: int) -> str:
        chance = random.Random(f"cabinet {seed}")
        self.sums = [
            (chance.randint(11, 99), chance.randint(11, 99)) for _ in range(chance.randint(4, 6))
        ]
        self.drawers = ["dust"] * len(self.sums)
        self.drawers[-1] = "the medal"
        self.unlocked = 0
        self.steps = 0
        self.done = False
        return (
            f"{len(self.sums)} drawers, the first is 0. Solve the label to unlock the next "
            f"drawer; pull the last for the medal. {self._label()}"
        )

    def _label(self) -> str:
        if self.unlocked == len(self.sums):
            return "All drawers are unlocked."
        a, b = self.sums[self.unlocked]
        return f"Label {self.unlocked}: {a} + {b}."

    def state(self) -> tuple:
        return (tuple(self.sums), self.unlocked, self.steps)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The cabinet is shut.", 0.0, True, {}
        self.steps += 1
        self.done = self.steps >= self.max_steps
        verb, _, rest = action.partition(":")
        try:
            number = int(rest)
        except ValueError:
            return "The cabinet does not move.", 0.0, self.done, {}
        if verb == "solve":
            if self.unlocked < len(self.sums) and number == sum(self.sums[self.unlocked]):
                self.unlocked += 1
            return self._label(), 0.0, self.done, {}
        if verb != "pull" or number >= self.unlocked or abs(number) > len(self.drawers):
            return "It is locked.", 0.0, self.done, {}
        if self.drawers[number] != "the medal":
            return "Dust.", 0.0, self.done, {}
        self.done = True
        return "You hold the medal.", 1.0, True, {}


def oracle(env: Env, seed: int) -> list[str]:
    return [*(f"solve:{a + b}" for a, b in env.sums), f"pull:{len(env.sums) - 1}"]
