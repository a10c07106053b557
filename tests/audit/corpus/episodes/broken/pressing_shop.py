"""A press that stamps an order of plates: choose the die, then load, press and clear each plate,
then ship."""

import random

ACTIONS = ["die:<int>", "load", "press", "clear", "ship"]
SHAPES = "disc ring star cross hinge bracket".split()


class Env:
    max_steps = 48

    def reset(self, seed: int) -> str:
        chance = random.Random(f"press {seed}")
        self.shapes = chance.sample(SHAPES, len(SHAPES))
        self.shape = chance.choice(SHAPES)
        self.ordered = chance.randint(2, 5)
        self.die: int | None = None
        self.table = "empty"
        self.tray: list[str] = []
        self.steps = 0
        self.done = False
        dies = ", ".join(f"{number} {shape}" for number, shape in enumerate(self.shapes))
        return (
            f"Order: {self.ordered} plates, shape {self.shape}. Dies: {dies}. Load, press "
            f"and clear each plate into the tray; then ship it."
        )

    def state(self) -> tuple:
        return (
            tuple(self.shapes),
            self.shape,
            self.ordered,
            self.die,
            self.table,
            tuple(self.tray),
            self.steps,
        )

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The shop is closed.", 0.0, True, {}
        self.steps += 1
        self.done = self.steps >= self.max_steps
        if action == "ship":
            self.done = True
            return (
                "The tray is gone.",
                0.4 if self.tray == [self.shape] * self.ordered else 0.0,
                True,
                {},
            )
        if (
            action in ("die:0", "die:1", "die:2", "die:3", "die:4", "die:5")
            and self.table == "empty"
        ):
            self.die = int(action[-1])
            return f"The die is now the {self.shapes[self.die]}.", 0.0, self.done, {}
        if action == "load" and self.table == "empty":
            self.table = "blank"
            return "A blank plate lies under the press.", 0.0, self.done, {}
        if action == "press" and self.table == "blank":
            self.table = self.shapes[self.die] if self.die is not None else "dented"
            return f"The plate is now a {self.table}.", 0.6 / self.ordered, self.done, {}
        if action == "clear" and self.table not in ("empty", "blank"):
            self.tray.append(self.table)
            self.table = "empty"
            return f"In the tray: {len(self.tray)}.", 0.0, self.done, {}
        return "The press does not move.", 0.0, self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    return [f"die:{env.shapes.index(env.shape)}", *["load", "press", "clear"] * env.ordered, "ship"]
