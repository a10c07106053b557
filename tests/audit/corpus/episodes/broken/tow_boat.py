"""A tow boat on a long canal, with a reward for each kilometre that brings it closer to its
berth."""

import random

ACTIONS = ["up", "down", "moor"]


class Env:
    max_steps = 40
    length = 30

    def reset(self, seed: int) -> str:
        chance = random.Random(f"canal {seed}")
        self.at = chance.randrange(self.length)
        self.berth = self.at
        while abs(self.berth - self.at) < 4:
            self.berth = chance.randrange(self.length)
        self.first = abs(self.berth - self.at)
        self.steps = 0
        self.done = False
        return (
            f"The canal has {self.length} kilometres, counted upstream from 0. Your berth is "
            f"at {self.berth}; moor there. {self._view()}"
        )

    def _view(self) -> str:
        return f"The boat lies at {self.at}."

    def state(self) -> tuple:
        return (self.at, self.berth, self.first, self.steps, self.done)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The engine is off.", 0.0, True, {}
        self.steps += 1
        self.done = self.steps >= self.max_steps
        if action == "moor":
            self.done = True
            return "The boat is moored.", 0.5 if self.at == self.berth else 0.0, True, {}
        before = abs(self.berth - self.at)
        if action == "up":
            self.at = min(self.length - 1, self.at + 1)
        elif action == "down":
            self.at = max(0, self.at - 1)
        gained = before - abs(self.berth - self.at)
        return self._view(), max(0.0, 0.5 * gained / self.first), self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    way = env.berth - env.at
    return ["up" if way > 0 else "down"] * abs(way) + ["moor"]
