"""A courier on a grid takes a letter to a house; steps towards it are credited and steps away
are charged."""

import random
from typing import Any

ACTIONS = ["north", "south", "east", "west", "take", "give"]
MOVES = {"north": (0, -1), "south": (0, 1), "east": (1, 0), "west": (-1, 0)}
SIZE = 6
CREDIT = 1 / 128


def _distance(first: tuple[int, int], second: tuple[int, int]) -> int:
    return abs(first[0] - second[0]) + abs(first[1] - second[1])


class Env:
    max_steps = 40

    def reset(self, seed: int) -> str:
        chance = random.Random(f"courier {seed}")
        cells = [(x, y) for x in range(SIZE) for y in range(SIZE)]
        while True:
            self._here, self._letter, self._house = chance.sample(cells, 3)
            if (
                _distance(self._here, self._letter) >= 3
                and _distance(self._letter, self._house) >= 3
            ):
                break
        self._holds, self._steps, self._done = False, 0, False
        self._first = self._left()
        return (
            f"The grid is {SIZE} by {SIZE}, x grows eastward and y southward. Take the "
            f"letter, give it at the house.\n{self._view()}"
        )

    def _view(self) -> str:
        letter = "with you" if self._holds else f"at {self._letter}"
        return f"You are at {self._here}; the letter is {letter}; the house is at {self._house}."

    def _left(self) -> int:
        """How many moves are left at best."""
        if self._holds:
            return _distance(self._here, self._house)
        return _distance(self._here, self._letter) + _distance(self._letter, self._house)

    def _act(self, action: str) -> None:
        if action in MOVES:
            x, y = self._here[0] + MOVES[action][0], self._here[1] + MOVES[action][1]
            self._here = (min(max(x, 0), SIZE - 1), min(max(y, 0), SIZE - 1))
        elif action == "take" and self._here == self._letter:
            self._holds = True
        elif action == "give" and self._holds and self._here == self._house:
            self._done = True

    def step(self, action: str) -> tuple[str, float, bool, dict[str, Any]]:
        if self._done:
            return "The day is over.", 0.0, True, {}
        self._steps += 1
        before = self._left()
        self._act(action)
        # A difference of distances: every way there and back sums to nothing.
        reward = (before - self._left()) * CREDIT
        if self._done:
            return "The letter is delivered.", reward + 1 - self._first * CREDIT, True, {}
        self._done = self._steps >= self.max_steps
        return self._view(), reward, self._done, {}

    def route(self) -> list[str]:
        plan, here = [], self._here
        for goal, last in ((self._letter, "take"), (self._house, "give")):
            plan += ["east"] * (goal[0] - here[0]) + ["west"] * (here[0] - goal[0])
            plan += ["south"] * (goal[1] - here[1]) + ["north"] * (here[1] - goal[1]) + [last]
            here = goal
        return plan

    def state(self) -> tuple[Any, ...]:
        return self._here, self._letter, self._house, self._holds, self._steps, self._done


def oracle(env: Env, seed: int) -> list[str]:
    return env.route()
