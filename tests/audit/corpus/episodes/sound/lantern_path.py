"""A lantern is reached through a walled garden; every step nearer pays a little, and every step
away takes it back."""

import random
from collections import deque

SIZE = 11
FAR = 16
WAYS = {"north": (-1, 0), "south": (1, 0), "west": (0, -1), "east": (0, 1)}
Place = tuple[int, int]

ACTIONS = [*WAYS, "rest"]


class Env:
    """One garden: a quarter of the reward follows the potential, the rest waits at the lantern."""

    max_steps = 40

    def reset(self, seed: int) -> str:
        """Build walls until there is a start that is sixteen steps away."""
        chance = random.Random(f"lantern path {seed}")
        cells = [(y, x) for y in range(SIZE) for x in range(SIZE)]
        while True:
            self.walls = {cell for cell in cells if chance.random() < 0.3}
            self.lantern = chance.choice(cells)
            self.walls.discard(self.lantern)
            self.away = _distances(self.lantern, self.walls)
            starts = [cell for cell in cells if self.away.get(cell) == FAR]
            if starts:
                break
        self.place = chance.choice(starts)
        self.steps = 0
        self.over = False
        rows = "\n".join("".join(self._mark((y, x)) for x in range(SIZE)) for y in range(SIZE))
        return f"The garden (# wall, L lantern, @ you), north is up:\n{rows}"

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        """Walk one step."""
        if self.over:
            return "The lantern is out.", 0.0, True, {}
        self.steps += 1
        before = self._potential()
        y, x = WAYS.get(action, (0, 0))
        beside = (self.place[0] + y, self.place[1] + x)
        if beside in self.away:
            self.place = beside
        reward = self._potential() - before
        arrived = self.place == self.lantern
        self.over = arrived or self.steps >= self.max_steps
        text = (
            "You hold the lantern."
            if arrived
            else f"You are in row {self.place[0]}, column {self.place[1]}."
        )
        return text, reward + 0.75 * arrived, self.over, {}

    def state(self) -> str:
        """Where the walker stands, and how long he has walked."""
        return f"{self.place} {self.steps} {self.over}"

    def _potential(self) -> float:
        return 0.25 * max(0, FAR - self.away[self.place]) / FAR

    def _mark(self, cell: Place) -> str:
        return (
            "@"
            if cell == self.place
            else "L"
            if cell == self.lantern
            else "#"
            if cell in self.walls
            else "."
        )


def _distances(start: Place, walls: set[Place]) -> dict[Place, int]:
    """Steps from the start to every cell that can be reached."""
    found, queue = {start: 0}, deque([start])
    while queue:
        y, x = queue.popleft()
        for dy, dx in WAYS.values():
            beside = (y + dy, x + dx)
            if (
                min(beside) >= 0
                and max(beside) < SIZE
                and beside not in walls
                and beside not in found
            ):
                found[beside] = found[(y, x)] + 1
                queue.append(beside)
    return found


def oracle(env: Env, seed: int) -> list[str]:
    """Walk downhill."""
    place, plan = env.place, []
    while env.away[place]:
        name, (y, x) = next(
            (name, (y, x))
            for name, (y, x) in WAYS.items()
            if env.away.get((place[0] + y, place[1] + x)) == env.away[place] - 1
        )
        place = (place[0] + y, place[1] + x)
        plan.append(name)
    return plan
