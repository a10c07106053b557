"""A rescuer looks for a miner in fallen tunnels, lifts him out, or calls the search off when he
is cut off."""

import random
from collections import deque

SIZE = 5
WAYS = {"north": (-1, 0), "south": (1, 0), "west": (0, -1), "east": (0, 1)}
Place = tuple[int, int]

ACTIONS = [*WAYS, "lift", "call off"]


class Env:
    """One mine; the tunnels are dark, but the miner's lamp is seen from afar."""

    max_steps = 60

    def reset(self, seed: int) -> str:
        """Let the tunnels fall in; the miner is cut off in few mines."""
        chance = random.Random(f"mine rescue {seed}")
        cut_off = chance.random() < 0.15
        while True:
            cells = [(y, x) for y in range(SIZE) for x in range(SIZE)]
            self.open = {cell for cell in cells if chance.random() < 0.7} | {(0, 0)}
            self.miner = chance.choice([cell for cell in cells if sum(cell) >= 4])
            self.open.add(self.miner)
            if (self.miner not in _reach((0, 0), self.open)) == cut_off:
                break
        self.place = (0, 0)
        self.seen = {self.place}
        self.steps = 0
        self.over = False
        return (
            f"The lamp of the miner shines at row {self.miner[0]}, column {self.miner[1]}. "
            f"{self._view()}"
        )

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        """Crawl on, lift the miner or call the search off."""
        if self.over:
            return "The search is over.", 0.0, True, {}
        self.steps += 1
        self.over = self.steps >= self.max_steps or action in ("lift", "call off")
        if action == "lift":
            found = self.place == self.miner
            return (
                ("The miner is safe." if found else "There is nobody here."),
                float(found),
                True,
                {},
            )
        if action == "call off":
            hopeless = self.miner not in _reach((0, 0), self.seen)
            return (
                ("Nothing more could be done." if hopeless else "There was a way."),
                float(hopeless),
                True,
                {},
            )
        if action in WAYS:
            beside = (self.place[0] + WAYS[action][0], self.place[1] + WAYS[action][1])
            if beside in self.open:
                self.place = beside
                self.seen.add(beside)
        return self._view(), 0.0, self.over, {}

    def _view(self) -> str:
        free = [
            name
            for name, (y, x) in WAYS.items()
            if (self.place[0] + y, self.place[1] + x) in self.open
        ]
        return (
            f"You are at row {self.place[0]}, column {self.place[1]}; tunnels lead "
            f"{', '.join(free) or 'nowhere'}."
        )


def _reach(start: Place, tunnels: set[Place]) -> set[Place]:
    """Every place that can be crawled to."""
    found, queue = {start}, deque([start])
    while queue:
        y, x = queue.popleft()
        for dy, dx in WAYS.values():
            beside = (y + dy, x + dx)
            if beside in tunnels and beside not in found:
                found.add(beside)
                queue.append(beside)
    return found


def _walk(env: Env, place: Place, visited: set[Place]) -> list[str]:
    """Crawl everywhere and come back."""
    back = {"north": "south", "south": "north", "west": "east", "east": "west"}
    plan = []
    for name, (y, x) in WAYS.items():
        beside = (place[0] + y, place[1] + x)
        if beside in env.open and beside not in visited:
            visited.add(beside)
            plan += [name, *_walk(env, beside, visited), back[name]]
    return plan


def oracle(env: Env, seed: int) -> list[str]:
    """Crawl until the miner is met, or through all tunnels."""
    place, plan = (0, 0), []
    for name in _walk(env, place, {place}):
        place = (place[0] + WAYS[name][0], place[1] + WAYS[name][1])
        plan.append(name)
        if place == env.miner:
            return [*plan, "lift"]
    return [*plan, "call off"]
