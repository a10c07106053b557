"""A number from 0 to 99 to be found with seven tries: each wrong one is told whether it is too
low or too high."""

import random

ACTIONS = ["try:<int>"]


class Env:
    max_steps = 7

    def reset(self, seed: int) -> str:
        self.heat = random.Random(f"oven {seed}").randrange(100)
        self.steps = 0
        self.done = False
        return "The oven wants a setting from 0 to 99 that you do not know. You have seven tries."

    def state(self) -> tuple:
        return (self.heat, self.steps, self.done)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The oven is off.", 0.0, True, {}
        self.steps += 1
        self.done = self.steps >= self.max_steps
        setting = action.removeprefix("try:")
        left = f"{self.max_steps - self.steps} left."
        if (
            not action.startswith("try:")
            or not (setting.isascii() and setting.isdigit())
            or len(setting) > 2
        ):
            return f"The dial has no such setting. {left}", 0.0, self.done, {}
        if int(setting) == self.heat:
            self.done = True
            return "The bread rises.", 1.0, True, {}
        return f"Too {'low' if int(setting) < self.heat else 'high'}. {left}", 0.0, self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    low, high, plan = 0, 99, []
    while not plan or plan[-1] != f"try:{env.heat}":
        middle = (low + high) // 2
        plan.append(f"try:{middle}")
        if middle < env.heat:
            low = middle + 1
        else:
            high = middle - 1
    return plan
