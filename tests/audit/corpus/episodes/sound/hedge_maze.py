"""A hedge maze with a reward for every step: the change of the true distance, so that a way back
takes back what it gave."""

import random

ACTIONS = ["north", "south", "east", "west", "stop"]
STEPS = {"north": (-1, 0), "south": (1, 0), "east": (0, 1), "west": (0, -1)}
SIZE, SCALE = 8, 96


def _paths(chance: random.Random) -> dict[tuple[int, int], list[tuple[int, int]]]:
    paths = {(row, column): [] for row in range(SIZE) for column in range(SIZE)}
    trail = [(chance.randrange(SIZE), chance.randrange(SIZE))]
    seen = set(trail)
    while trail:
        row, column = trail[-1]
        ahead = [(row + down, column + right) for down, right in STEPS.values()]
        ahead = [cell for cell in ahead if cell in paths and cell not in seen]
        if not ahead:
            trail.pop()
            continue
        cell = chance.choice(ahead)
        paths[(row, column)].append(cell)
        paths[cell].append((row, column))
        seen.add(cell)
        trail.append(cell)
    return paths


class Env:
    max_steps = 80

    def reset(self, seed: int) -> str:
        chance = random.Random(f"hedges {seed}")
        self.paths = _paths(chance)
        cells = sorted(self.paths)
        self.distance: dict[tuple[int, int], int] = {}
        while not self.distance or not 6 <= self.distance[self.at] <= 40:
            self.at, self.well = chance.sample(cells, 2)
            self.distance = {self.well: 0}
            queue = [self.well]
            for cell in queue:
                for near in self.paths[cell]:
                    if near not in self.distance:
                        self.distance[near] = self.distance[cell] + 1
                        queue.append(near)
        self.first = self.distance[self.at]
        self.steps = 0
        self.done = False
        return (
            f"A hedge maze of {SIZE} by {SIZE}, rows counted from the north. The well is at "
            f"{self.well}; stop there. {self._view()}"
        )

    def _view(self) -> str:
        row, column = self.at
        ways = [
            name
            for name, (down, right) in STEPS.items()
            if (row + down, column + right) in self.paths[self.at]
        ]
        return f"You are at {self.at}. Paths lead {', '.join(ways)}."

    def state(self) -> tuple:
        return (
            self.at,
            self.well,
            tuple((cell, tuple(near)) for cell, near in self.paths.items()),
            self.first,
            self.steps,
            self.done,
        )

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The gate is shut.", 0.0, True, {}
        self.steps += 1
        self.done = self.steps >= self.max_steps
        if action == "stop":
            self.done = True
            return (
                "You sit down.",
                1 - self.first / SCALE if self.at == self.well else 0.0,
                True,
                {},
            )
        before = self.distance[self.at]
        down, right = STEPS.get(action, (0, 0))
        ahead = (self.at[0] + down, self.at[1] + right)
        if ahead in self.paths[self.at]:
            self.at = ahead
        return self._view(), (before - self.distance[self.at]) / SCALE, self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    plan, at = [], env.at
    while env.distance[at]:
        ahead = next(cell for cell in env.paths[at] if env.distance[cell] < env.distance[at])
        way = (ahead[0] - at[0], ahead[1] - at[1])
        plan.append(next(name for name, move in STEPS.items() if move == way))
        at = ahead
    return [*plan, "stop"]
