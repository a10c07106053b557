"""Four discs on three pegs, started anywhere: each move is paid by how much nearer it brings the
tower, then it is claimed once."""

import random
import re

ACTIONS = ["move:<int>,<int>", "claim"]
DISCS, SCALE = 4, 32


def _far(pegs: list[int], goal: int) -> int:
    """How many moves are left until all discs, the largest first in the list, stand on the goal."""
    moves = 0
    for size, peg in enumerate(pegs):
        if peg != goal:
            moves += 2 ** (len(pegs) - 1 - size)
            goal = 3 - peg - goal
    return moves


class Env:
    max_steps = 40

    def reset(self, seed: int) -> str:
        chance = random.Random(f"discs {seed}")
        self.names = chance.sample(range(10), 3)
        self.goal = chance.randrange(3)
        self.pegs = [self.goal] * DISCS
        while not 4 <= _far(self.pegs, self.goal) <= 12:
            self.pegs = [chance.randrange(3) for _ in range(DISCS)]
        self.first = _far(self.pegs, self.goal)
        self.steps = 0
        self.done = False
        return (
            f"Bring all discs to peg {self.names[self.goal]}, never a larger one onto a "
            f"smaller one, then claim the tower. {self._view()}"
        )

    def _stack(self, peg: int) -> list[int]:
        return [DISCS - place for place, here in enumerate(self.pegs) if here == peg]

    def _view(self) -> str:
        return " ".join(
            f"Peg {self.names[peg]}: {' '.join(map(str, self._stack(peg))) or 'empty'}."
            for peg in range(3)
        )

    def state(self) -> tuple:
        return (tuple(self.names), tuple(self.pegs), self.goal, self.first, self.steps, self.done)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The tower is put away.", 0.0, True, {}
        self.steps += 1
        self.done = self.steps >= self.max_steps
        if action == "claim":
            self.done = True
            built = _far(self.pegs, self.goal) == 0
            return (
                ("The tower stands." if built else "That is no tower."),
                1 - self.first / SCALE if built else 0.0,
                True,
                {},
            )
        pegs = re.fullmatch("move:([0-9]),([0-9])", action)
        if not pegs or not {int(pegs[1]), int(pegs[2])} <= set(self.names):
            return f"Not a move. {self._view()}", 0.0, self.done, {}
        source, target = self.names.index(int(pegs[1])), self.names.index(int(pegs[2]))
        if (
            not self._stack(source)
            or min(self._stack(target), default=DISCS + 1) < self._stack(source)[-1]
        ):
            return f"That move is not allowed. {self._view()}", 0.0, self.done, {}
        before = _far(self.pegs, self.goal)
        self.pegs[DISCS - self._stack(source)[-1]] = target
        return self._view(), (before - _far(self.pegs, self.goal)) / SCALE, self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    pegs, plan = list(env.pegs), []

    def bring(place: int, goal: int) -> None:
        if place == len(pegs):
            return
        if pegs[place] != goal:
            bring(place + 1, 3 - pegs[place] - goal)
            plan.append(f"move:{env.names[pegs[place]]},{env.names[goal]}")
            pegs[place] = goal
        bring(place + 1, goal)

    bring(0, env.goal)
    return [*plan, "claim"]
