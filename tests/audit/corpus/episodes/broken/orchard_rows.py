"""An orchard: in which row stands the tree that the note asks for? Rows are walked one at a
time."""

import random

ACTIONS = ["walk:<int>", "answer:<int>"]
TREES = {
    "quince",
    "medlar",
    "apple",
    "pear",
    "plum",
    "cherry",
    "walnut",
    "mulberry",
    "apricot",
    "hazel",
    "fig",
    "almond",
}


class Env:
    max_steps = 6

    def reset(self, seed: int) -> str:
        chance = random.Random(f"orchard {seed}")
        trees = list(TREES)
        chance.shuffle(trees)
        self.rows = [trees[start : start + 3] for start in (0, 3, 6, 9)]
        self.tree = chance.choice(trees)
        self.steps = 0
        self.done = False
        return (
            f"In which of the rows 0 to 3 does the {self.tree} stand? Walk the rows, then "
            f"answer once."
        )

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The gate is shut.", 0.0, True, {}
        self.steps += 1
        self.done = self.steps >= self.max_steps
        verb, _, row = action.partition(":")
        if row not in list("0123"):
            return "There is no such row.", 0.0, self.done, {}
        if verb == "answer":
            self.done = True
            return "The gardener nods.", 1.0 if self.tree in self.rows[int(row)] else 0.0, True, {}
        return f"Row {row}: {', '.join(self.rows[int(row)])}.", 0.0, self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    row = next(place for place, trees in enumerate(env.rows) if env.tree in trees)
    return [*(f"walk:{place}" for place in range(4)), f"answer:{row}"]
