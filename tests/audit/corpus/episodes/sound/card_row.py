"""A row of numbered cards to be sorted by exchanging neighbours; each exchange is paid, or paid
back, as it sorts or unsorts."""

import random

ACTIONS = ["swap:<int>", "done"]
CARDS, SCALE = 7, 48


def _unsorted(row: list[int]) -> int:
    return sum(a > b for place, a in enumerate(row) for b in row[place + 1 :])


class Env:
    max_steps = 40

    def reset(self, seed: int) -> str:
        chance = random.Random(f"cards {seed}")
        self.row = sorted(chance.sample(range(1, 100), CARDS))
        while not 5 <= _unsorted(self.row) <= 16:
            chance.shuffle(self.row)
        self.first = _unsorted(self.row)
        self.steps = 0
        self.done = False
        return (
            f"Sort the cards, smallest first, and say done. swap:0 exchanges the first two. "
            f"{self._view()}"
        )

    def _view(self) -> str:
        return f"The row: {' '.join(map(str, self.row))}."

    def state(self) -> tuple:
        return (tuple(self.row), self.first, self.steps, self.done)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The cards are put away.", 0.0, True, {}
        self.steps += 1
        self.done = self.steps >= self.max_steps
        before = _unsorted(self.row)
        if action == "done":
            self.done = True
            return "The cards are looked at.", 0.0 if before else 1 - self.first / SCALE, True, {}
        place = action.removeprefix("swap:")
        if not action.startswith("swap:") or place not in list("0123456"[: CARDS - 1]):
            return f"There is no such exchange. {self._view()}", 0.0, self.done, {}
        here = int(place)
        self.row[here], self.row[here + 1] = self.row[here + 1], self.row[here]
        return self._view(), (before - _unsorted(self.row)) / SCALE, self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    row, plan = list(env.row), []
    for end in range(CARDS - 1, 0, -1):
        for place in range(end):
            if row[place] > row[place + 1]:
                row[place], row[place + 1] = row[place + 1], row[place]
                plan.append(f"swap:{place}")
    return [*plan, "done"]
