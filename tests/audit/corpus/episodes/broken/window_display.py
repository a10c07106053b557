"""A shop window is dressed by a customer's note: six things from left to right, by height, with
one exception."""

import random
import re

THINGS = [
    "clock",
    "vase",
    "globe",
    "teapot",
    "lamp",
    "mirror",
    "violin",
    "kettle",
    "easel",
    "trunk",
]

ACTIONS = ["place:<int>", "clear", "finish"]


class Env:
    """One window; it is looked at when the dresser is finished."""

    max_steps = 20

    def reset(self, seed: int) -> str:
        """Draw the things, their heights and the exception."""
        chance = random.Random(f"window display {seed}")
        self.things = chance.sample(THINGS, 6)
        heights = dict(zip(self.things, chance.sample(range(10, 90), 6), strict=True))
        first = chance.choice(self.things)
        rest = sorted(
            (thing for thing in self.things if thing != first), key=lambda thing: heights[thing]
        )
        self.wanted = [first, *rest]
        self.placed: list[str] = []
        self.steps = 0
        self.over = False
        listed = "\n".join(
            f"{number}: {thing}, {heights[thing]} cm" for number, thing in enumerate(self.things)
        )
        return (
            f"From left to right: first the {first}, then all the others from the lowest to "
            f"the highest.\n{listed}"
        )

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        """Place the next thing, clear the window or finish."""
        if self.over:
            return "The window is closed.", 0.0, True, {}
        self.steps += 1
        self.over = self.steps >= self.max_steps or action == "finish"
        if action == "finish":
            right = all(
                placed == wanted for placed, wanted in zip(self.placed, self.wanted, strict=False)
            )
            return (
                ("The customer is pleased." if right else "The customer frowns."),
                float(right),
                True,
                {},
            )
        named = re.fullmatch(r"place:([0-5])", action)
        if action == "clear":
            self.placed.clear()
        elif named and self.things[int(named[1])] not in self.placed:
            self.placed.append(self.things[int(named[1])])
        shown = ", ".join(self.placed) or "nothing"
        return f"In the window: {shown}.", 0.0, self.over, {}


def oracle(env: Env, seed: int) -> list[str]:
    """Place everything in the wanted order."""
    return [*(f"place:{env.things.index(thing)}" for thing in env.wanted), "finish"]
