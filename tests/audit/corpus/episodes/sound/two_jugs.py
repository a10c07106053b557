"""Two jugs and a tap: measure an amount and serve it; every move costs a hundredth, serving is
judged once."""

import functools
import random
from collections import deque

ACTIONS = ["fill:<int>", "empty:<int>", "pour:<int>,<int>", "serve:<int>"]
MOVES = ["fill:0", "fill:1", "empty:0", "empty:1", "pour:0,1", "pour:1,0"]


def _moved(sizes: tuple[int, int], jugs: tuple[int, int], move: str) -> tuple[int, int]:
    verb, _, which = move.partition(":")
    new = list(jugs)
    jug = int(which[0])
    if verb == "fill":
        new[jug] = sizes[jug]
    elif verb == "empty":
        new[jug] = 0
    else:
        flow = min(jugs[jug], sizes[1 - jug] - jugs[1 - jug])
        new[jug], new[1 - jug] = jugs[jug] - flow, jugs[1 - jug] + flow
    return (new[0], new[1])


@functools.cache
def _ways(sizes: tuple[int, int]) -> dict[tuple[int, int], list[str]]:
    ways, queue = {(0, 0): []}, deque([(0, 0)])
    while queue:
        jugs = queue.popleft()
        for move in MOVES:
            after = _moved(sizes, jugs, move)
            if after not in ways:
                ways[after] = [*ways[jugs], move]
                queue.append(after)
    return ways


class Env:
    max_steps = 40

    def reset(self, seed: int) -> str:
        chance = random.Random(f"jugs {seed}")
        plans: list[list[str]] = []
        while not plans:
            self.sizes = (chance.randint(5, 19), chance.randint(5, 19))
            self.amount = chance.randint(1, max(self.sizes) - 1)
            plans = [
                [*way, f"serve:{jug}"]
                for jugs, way in _ways(self.sizes).items()
                for jug in (0, 1)
                if jugs[jug] == self.amount
            ]
            plans = plans if plans and 7 <= min(map(len, plans)) <= 20 else []
        self.plan = min(plans, key=len)
        self.jugs = (0, 0)
        self.steps = 0
        self.done = False
        return (
            f"Jug 0 holds {self.sizes[0]} litres, jug 1 holds {self.sizes[1]}; both are "
            f"empty. Serve exactly {self.amount}. Each move costs 0.01."
        )

    def state(self) -> tuple:
        return (self.sizes, self.amount, self.jugs, self.steps, self.done)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The tap is shut.", 0.0, True, {}
        self.steps += 1
        self.done = self.steps >= self.max_steps
        if action in ("serve:0", "serve:1"):
            self.done = True
            return (
                "The guest drinks.",
                1.0 if self.jugs[int(action[-1])] == self.amount else 0.0,
                True,
                {},
            )
        if action in MOVES:
            self.jugs = _moved(self.sizes, self.jugs, action)
        note = "" if action in MOVES else "That is no move. "
        return f"{note}Jug 0 has {self.jugs[0]}, jug 1 has {self.jugs[1]}.", -0.01, self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    return list(env.plan)
