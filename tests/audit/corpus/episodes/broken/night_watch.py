"""A round through the rooms of a museum: reach the vault past the closed doors."""

import random
from collections import deque

ACTIONS = ["north", "south", "east", "west"]
STEPS = {"north": (-1, 0), "south": (1, 0), "east": (0, 1), "west": (0, -1)}
SIZE = 6
EXHIBITS = [
    "a bronze horse",
    "a wall of masks",
    "two stone lions",
    "a ship in a bottle",
    "an empty plinth",
    "a glass piano",
    "a row of helmets",
]


def _plan_of_the_house() -> set[tuple[int, int]]:
    chance = random.Random(f"house of {SIZE}")
    while True:
        closed = {(chance.randrange(SIZE), chance.randrange(SIZE)) for _ in range(13)} - {
            (0, 0),
            (SIZE - 1, SIZE - 1),
        }
        if _route(closed) is not None:
            return closed


def _route(closed: set[tuple[int, int]]) -> list[str] | None:
    queue: deque = deque([((0, 0), [])])
    seen = {(0, 0)}
    while queue:
        (row, column), path = queue.popleft()
        if (row, column) == (SIZE - 1, SIZE - 1):
            return path
        for name, (down, right) in STEPS.items():
            room = (row + down, column + right)
            if (
                room not in seen
                and room not in closed
                and 0 <= room[0] < SIZE
                and 0 <= room[1] < SIZE
            ):
                seen.add(room)
                queue.append((room, [*path, name]))
    return None


class Env:
    max_steps = 16

    def reset(self, seed: int) -> str:
        chance = random.Random(f"watch {seed}")
        self.closed = _plan_of_the_house()
        self.exhibits = {(r, c): chance.choice(EXHIBITS) for r in range(SIZE) for c in range(SIZE)}
        self.at = (0, 0)
        self.steps = 0
        self.done = False
        return (
            f"You start at the entrance in the north-west; the vault is in the south-east "
            f"corner of {SIZE} by {SIZE} rooms. {self._view()}"
        )

    def _view(self) -> str:
        open_ways = [
            name
            for name, (down, right) in STEPS.items()
            if self._passable((self.at[0] + down, self.at[1] + right))
        ]
        return f"Here stands {self.exhibits[self.at]}. Open doors: {', '.join(open_ways)}."

    def _passable(self, room: tuple[int, int]) -> bool:
        return room not in self.closed and 0 <= room[0] < SIZE and 0 <= room[1] < SIZE

    def state(self) -> tuple:
        return (self.at, self.steps, tuple(sorted(self.closed)))

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The round is over.", 0.0, True, {}
        self.steps += 1
        down, right = STEPS.get(action, (0, 0))
        room = (self.at[0] + down, self.at[1] + right)
        if self._passable(room):
            self.at = room
        arrived = self.at == (SIZE - 1, SIZE - 1)
        self.done = arrived or self.steps >= self.max_steps
        return self._view(), float(arrived), self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    return _route(env.closed) or []
