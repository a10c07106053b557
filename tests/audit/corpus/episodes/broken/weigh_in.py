"""A crate's weight is found on a balance with six comparisons, and then declared."""

import random
import re

WEIGHTS = range(100, 500)

ACTIONS = ["weigh:<int>", "declare:<int>"]


class Env:
    """One crate; one declaration."""

    max_steps = 12

    def reset(self, seed: int) -> str:
        """Load the crate, and note roughly what the sender wrote on it."""
        chance = random.Random(f"weigh in {seed}")
        self.weight = chance.choice(WEIGHTS)
        low = self.weight - chance.randint(0, 60)
        self.steps = 0
        self.left = 6
        return (
            f"The sender writes: between {low} and {low + 60} kg. The balance compares six "
            f"times; then declare the weight."
        )

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        """Compare with standard weights, or declare."""
        self.steps += 1
        late = self.steps >= self.max_steps
        named = re.fullmatch(r"(weigh|declare):([0-9]{1,4})", action)
        if not named:
            return "Nothing is on the balance.", 0.0, late, {}
        number = int(named[2])
        if named[1] == "declare":
            right = number == self.weight
            return (
                ("Stamped." if right else f"Refused: the crate weighs {self.weight} kg."),
                float(right),
                True,
                {},
            )
        if self.left == 0:
            return "The balance is needed elsewhere.", 0.0, late, {}
        self.left -= 1
        word = (
            "as heavy as"
            if number == self.weight
            else "lighter than"
            if number > self.weight
            else "heavier than"
        )
        return f"The crate is {word} {number} kg. Comparisons left: {self.left}.", 0.0, late, {}


def oracle(env: Env, seed: int) -> list[str]:
    """Declare what it weighs."""
    return [f"declare:{env.weight}"]
