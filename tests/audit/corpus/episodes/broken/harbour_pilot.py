"""A ship is brought through reefs to its berth in fog: only the waters next to it are seen."""

import random
from collections import deque

CHARTS = [
    ["S..#...", ".#.#.#.", ".#...#.", ".####..", "....#.#", ".##...#", "...#..B"],
    ["...#..B", ".#...#.", ".##.##.", "..#.#..", "#.#.#.#", "...S...", ".##.##."],
    ["B.#....", "..#.##.", "#...#..", ".##.#.#", "...#...", ".#...#.", ".#.#.#S"],
    [".#....S", "...##..", ".#..#.#", ".##.#..", "B.#..#.", "#...#..", "..#...#"],
    ["..#.B..", ".##.#..", "...#..#", ".#...#.", ".#.#...", "S#.###.", "..#...."],
]
WAYS = {"north": (-1, 0), "south": (1, 0), "west": (0, -1), "east": (0, 1)}
SHIPS = ["Aurora", "Boreas", "Clarion", "Dauntless", "Esperance", "Fulmar", "Gannet", "Halcyon"]

ACTIONS = list(WAYS)


class Env:
    """One passage; running aground ends it."""

    max_steps = 40

    def reset(self, seed: int) -> str:
        """Choose the waters and the ship."""
        chance = random.Random(f"harbour pilot {seed}")
        self.chart = CHARTS[seed % len(CHARTS)]
        self.place = _find(self.chart, "S")
        self.steps = 0
        self.over = False
        ship = (
            f"{chance.choice(SHIPS)} of {chance.randint(200, 9000)} tons, draught "
            f"{chance.randint(30, 95) / 10} m"
        )
        return f"You pilot the {ship}.\n{self._view()}"

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        """Sail one length."""
        if self.over:
            return "The passage is over.", 0.0, True, {}
        self.steps += 1
        self.over = self.steps >= self.max_steps
        if action not in WAYS:
            return f"The helm did not hear.\n{self._view()}", 0.0, self.over, {}
        self.place = (self.place[0] + WAYS[action][0], self.place[1] + WAYS[action][1])
        found = _at(self.chart, self.place)
        self.over = self.over or found in "#B"
        if found == "#":
            return "The ship runs aground.", 0.0, True, {}
        return (
            ("The ship is moored." if found == "B" else self._view()),
            float(found == "B"),
            self.over,
            {},
        )

    def _view(self) -> str:
        words = {"#": "reef", "B": "berth", ".": "open water", "S": "open water"}
        return "; ".join(
            f"{name}: {words[_at(self.chart, (self.place[0] + y, self.place[1] + x))]}"
            for name, (y, x) in WAYS.items()
        )


def _at(chart: list[str], place: tuple[int, int]) -> str:
    inside = 0 <= place[0] < len(chart) and 0 <= place[1] < len(chart[0])
    return chart[place[0]][place[1]] if inside else "#"


def _find(chart: list[str], mark: str) -> tuple[int, int]:
    return next((y, row.index(mark)) for y, row in enumerate(chart) if mark in row)


def oracle(env: Env, seed: int) -> list[str]:
    """Sail the shortest way."""
    ways: dict[tuple[int, int], list[str]] = {env.place: []}
    queue = deque([env.place])
    while queue:
        place = queue.popleft()
        if _at(env.chart, place) == "B":
            return ways[place]
        for name, (y, x) in WAYS.items():
            beside = (place[0] + y, place[1] + x)
            if beside not in ways and _at(env.chart, beside) != "#":
                ways[beside] = [*ways[place], name]
                queue.append(beside)
    return []
