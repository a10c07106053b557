"""Four bells of a temple are rung in the order of an inscription: a long walk, one reward at its
end, silence after a wrong bell."""

import random

SIZE = 8
WAYS = {"north": (-1, 0), "south": (1, 0), "west": (0, -1), "east": (0, 1)}
NAMES = ["bronze", "silver", "iron", "jade"]

ACTIONS = [*WAYS, "ring"]


class Env:
    """One temple without walls inside; the edges hold."""

    max_steps = 80

    def reset(self, seed: int) -> str:
        """Hang the bells."""
        chance = random.Random(f"temple bells {seed}")
        cells = chance.sample([(y, x) for y in range(SIZE) for x in range(SIZE)], 5)
        self.place = cells.pop()
        self.bells = dict(zip(chance.sample(NAMES, 4), cells, strict=True))
        self.rung = 0
        self.steps = 0
        self.over = False
        hung = "; ".join(
            f"{name}: row {self.bells[name][0]}, column {self.bells[name][1]}" for name in NAMES
        )
        return (
            f"Bells hang at {hung}. The inscription: {', then '.join(self.bells)}.\n{self._view()}"
        )

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        """Walk one step, or ring the bell that hangs here."""
        if self.over:
            return "The temple is silent.", 0.0, True, {}
        self.steps += 1
        self.over = self.steps >= self.max_steps
        if action in WAYS:
            self.place = tuple(
                min(max(at + by, 0), SIZE - 1)
                for at, by in zip(self.place, WAYS[action], strict=True)
            )
        elif action == "ring" and self.place in self.bells.values():
            if list(self.bells.values())[self.rung] != self.place:
                self.over = True
                return "The wrong bell. Doors close.", 0.0, True, {}
            self.rung += 1
            if self.rung == len(self.bells):
                self.over = True
                return "The gate opens.", 1.0, True, {}
        return self._view(), 0.0, self.over, {}

    def state(self) -> str:
        """Everything that changes."""
        return f"{self.place} {self.rung} {self.steps} {self.over}"

    def _view(self) -> str:
        return (
            f"You stand in row {self.place[0]}, column {self.place[1]}; {self.rung} bells "
            f"have been rung."
        )


def oracle(env: Env, seed: int) -> list[str]:
    """Walk from bell to bell."""
    (y, x), plan = env.place, []
    for row, column in env.bells.values():
        plan += (
            ["south" if row > y else "north"] * abs(row - y)
            + ["east" if column > x else "west"] * abs(column - x)
            + ["ring"]
        )
        y, x = row, column
    return plan
