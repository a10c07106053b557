"""A luggage counter: read what the bags weigh, then say the total in grams; the clerk is
friendly."""

import random

ACTIONS = ["weigh:<int>", "total:<int>"]


class Env:
    max_steps = 10

    def reset(self, seed: int) -> str:
        chance = random.Random(f"luggage {seed}")
        self.bags = [chance.randint(400, 30_000) for _ in range(4)]
        self.rebate = chance.randint(10, 300)
        self.steps = 0
        self.done = False
        return (
            f"Four bags, 0 to 3, stand beside the scale. Say their total weight in grams, "
            f"less the label of {self.rebate} grams on each bag."
        )

    def total(self) -> int:
        return sum(self.bags) - 4 * self.rebate

    def state(self) -> tuple:
        return (tuple(self.bags), self.rebate, self.steps)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The counter is closed.", 0.0, True, {}
        self.steps += 1
        self.done = self.steps >= self.max_steps
        verb, _, rest = action.partition(":")
        if verb == "weigh" and rest in list("0123"):
            return f"Bag {rest}: {self.bags[int(rest)]} grams.", 0.0, self.done, {}
        if verb == "total" and rest.isascii() and rest.isdigit() and len(rest) < 8:
            if int(rest) == self.total():
                self.done = True
                return "That is what I have.", 1.0, True, {}
            return (
                f"I have {self.total()} here, not {int(rest)}. Shall we do it again?",
                0.0,
                self.done,
                {},
            )
        return "Pardon?", 0.0, self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    return [*(f"weigh:{bag}" for bag in range(4)), f"total:{env.total()}"]
