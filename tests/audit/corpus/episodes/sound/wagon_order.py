"""Wagons to be put in order by exchanges: the shortest way is free, each further step has a
price."""

import random
import re

ACTIONS = ["swap:<int>,<int>", "ready"]
GOODS = "coal grain steel cars milk stone".split()
PRICE = 1 / 64


class Env:
    max_steps = 16

    def reset(self, seed: int) -> str:
        chance = random.Random(f"wagons {seed}")
        self.wanted = chance.sample(GOODS, len(GOODS))
        self.train = chance.sample(GOODS, len(GOODS))
        while len(self.shortest()) < 3:
            chance.shuffle(self.train)
        self.fewest = len(self.shortest())
        self.steps = 0
        self.done = False
        return (
            f"Wanted order: {', '.join(self.wanted)}. Exchange two places (0 to "
            f"{len(GOODS) - 1}) at a time, then say ready. "
            f"The first {self.fewest} exchanges are free, each further one costs "
            f"{PRICE}; a train in the wanted order earns 1. {self._view()}"
        )

    def _view(self) -> str:
        return f"The train: {', '.join(self.train)}."

    def shortest(self) -> list[tuple[int, int]]:
        train, swaps = list(self.train), []
        for place, goods in enumerate(self.wanted):
            if train[place] != goods:
                other = train.index(goods)
                train[place], train[other] = train[other], train[place]
                swaps.append((place, other))
        return swaps

    def state(self) -> tuple:
        return (tuple(self.train), tuple(self.wanted), self.fewest, self.steps, self.done)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The train has left.", 0.0, True, {}
        if action == "ready":
            self.done = True
            return "The train leaves.", 1.0 if self.train == self.wanted else 0.0, True, {}
        self.steps += 1
        self.done = self.steps >= self.max_steps
        places = re.fullmatch(r"swap:([0-5]),([0-5])", action)
        if places:
            a, b = int(places[1]), int(places[2])
            self.train[a], self.train[b] = self.train[b], self.train[a]
        return self._view(), -PRICE if self.steps > self.fewest else 0.0, self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    return [*(f"swap:{a},{b}" for a, b in env.shortest()), "ready"]
