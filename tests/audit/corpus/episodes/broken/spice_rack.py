"""Three spices are fetched from a rack of twelve drawers that runs in alphabetical order from a
drawer nobody remembers."""

import random
import re

SPICES = [
    "anise",
    "basil",
    "caraway",
    "dill",
    "fennel",
    "ginger",
    "mace",
    "nutmeg",
    "paprika",
    "saffron",
    "thyme",
    "vanilla",
]

ACTIONS = ["open:<int>", "take:<int>"]


class Env:
    """One recipe: drawers may be opened twice, and one wrong spice spoils it."""

    max_steps = 8

    def reset(self, seed: int) -> str:
        """Turn the rack and draw the recipe."""
        chance = random.Random(hash(f"spice rack {seed}"))
        turn = chance.randrange(len(SPICES))
        self.rack = SPICES[turn:] + SPICES[:turn]
        self.recipe = chance.sample(SPICES, 3)
        self.taken: list[str] = []
        self.opened = 0
        self.steps = 0
        self.over = False
        return (
            f"Drawers 0 to 11 run in alphabetical order, but start anywhere. The recipe "
            f"wants {', '.join(self.recipe)}, in this order."
        )

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        """Open a drawer to look, or take from it."""
        if self.over:
            return "The kitchen is closed.", 0.0, True, {}
        self.steps += 1
        self.over = self.steps >= self.max_steps
        named = re.fullmatch(r"(open|take):([0-9]|1[01])", action)
        if not named:
            return "The cook did not understand.", 0.0, self.over, {}
        spice = self.rack[int(named[2])]
        if named[1] == "open":
            self.opened += 1
            text = f"It holds {spice}." if self.opened <= 2 else "There is no time to look again."
            return text, 0.0, self.over, {}
        self.taken.append(spice)
        if spice != self.recipe[len(self.taken) - 1]:
            self.over = True
            return "That was not in the recipe.", 0.0, True, {}
        complete = self.taken == self.recipe
        self.over = self.over or complete
        return f"You take {spice}.", float(complete), self.over, {}


def oracle(env: Env, seed: int) -> list[str]:
    """Take the three from where they are."""
    return [f"take:{env.rack.index(spice)}" for spice in env.recipe]
