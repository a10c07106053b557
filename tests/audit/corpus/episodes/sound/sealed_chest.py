"""A chest has a lock of five different digits; it tells how many digits are right after each
try, and jams after seven."""

import random
import re

DIGITS = "123456789"
LENGTH = 5
TRIES = 7

ACTIONS = ["turn:<int>", "listen"]


class Env:
    """One lock: 15120 settings, so seven blind tries open one chest in two thousand."""

    max_steps = 10

    def reset(self, seed: int) -> str:
        """Set the lock."""
        chance = random.Random(f"sealed chest {seed}")
        self.secret = "".join(chance.sample(DIGITS, LENGTH))
        self.tries = 0
        self.steps = 0
        self.over = False
        total = sum(map(int, self.secret))
        return (
            f"The lock wants {LENGTH} different digits from 1 to 9. Scratched into the lid: "
            f"'together {total}'. It bears {TRIES} tries."
        )

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        """Turn the dials."""
        if self.over:
            return "The lock does not move any more.", 0.0, True, {}
        self.steps += 1
        self.over = self.steps >= self.max_steps
        named = re.fullmatch(rf"turn:([1-9]{{{LENGTH}}})", action)
        if not named or len(set(named[1])) < LENGTH:
            return "The dials do not turn that way.", 0.0, self.over, {}
        self.tries += 1
        opened = named[1] == self.secret
        self.over = self.over or opened or self.tries == TRIES
        exact = sum(a == b for a, b in zip(named[1], self.secret, strict=True))
        elsewhere = len(set(named[1]) & set(self.secret)) - exact
        text = (
            "The chest opens."
            if opened
            else f"{exact} in place, {elsewhere} elsewhere, {TRIES - self.tries} tries left."
        )
        return text, float(opened), self.over, {}


def oracle(env: Env, seed: int) -> list[str]:
    """Turn to the secret."""
    return [f"turn:{env.secret}"]
