"""Trucks on a siding to be put in order by exchanging neighbours; layouts are costly to draw and
therefore kept."""

import functools
import random

ACTIONS = ["exchange:<int>", "depart"]


@functools.cache
def _layout(seed: int) -> list[int]:
    chance = random.Random(f"yard {seed}")
    trucks = list(range(1, 6))
    while sum(a > b for i, a in enumerate(trucks) for b in trucks[i + 1 :]) < 3:
        chance.shuffle(trucks)
    return trucks


class Env:
    max_steps = 24

    def reset(self, seed: int) -> str:
        self.trucks = _layout(seed)
        self.steps = 0
        self.done = False
        return (
            f"Put the trucks into rising order and depart. exchange:0 swaps the first two, "
            f"exchange:3 the last two. {self._view()}"
        )

    def _view(self) -> str:
        return f"The trucks stand {' '.join(map(str, self.trucks))}."

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The train has left.", 0.0, True, {}
        self.steps += 1
        self.done = self.steps >= self.max_steps
        if action == "depart":
            self.done = True
            return "The train leaves.", 1.0 if self.trucks == sorted(self.trucks) else 0.0, True, {}
        if action in ("exchange:0", "exchange:1", "exchange:2", "exchange:3"):
            place = int(action[-1])
            self.trucks[place], self.trucks[place + 1] = self.trucks[place + 1], self.trucks[place]
        return self._view(), 0.0, self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    trucks, plan = list(env.trucks), []
    for end in range(len(trucks) - 1, 0, -1):
        for place in range(end):
            if trucks[place] > trucks[place + 1]:
                trucks[place], trucks[place + 1] = trucks[place + 1], trucks[place]
                plan.append(f"exchange:{place}")
    return [*plan, "depart"]
