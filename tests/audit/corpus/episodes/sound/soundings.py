"""Sound the depth of a lake: each guess is answered by deeper or shallower, and there are just
enough guesses."""

import random
import re
from typing import Any

ACTIONS = ["guess:<int>"]
GUESS = re.compile(r"guess:([1-9][0-9]{0,3})", re.ASCII)
DEEPEST = 1000


class Env:
    # Halving 1000 depths takes ten guesses and no fewer.
    max_steps = 10

    def reset(self, seed: int) -> str:
        self._depth = random.Random(f"soundings {seed}").randint(1, DEEPEST)
        self._steps, self._done = 0, False
        return (
            f"The lake is between 1 and {DEEPEST} metres deep. You have {self.max_steps} guesses."
        )

    def step(self, action: str) -> tuple[str, float, bool, dict[str, Any]]:
        if self._done:
            return "The line is wound up.", 0.0, True, {}
        self._steps += 1
        self._done = self._steps >= self.max_steps
        match = GUESS.fullmatch(action)
        if match is None or int(match[1]) > DEEPEST:
            return "That is no depth, and the guess is lost.", 0.0, self._done, {}
        guess = int(match[1])
        if guess == self._depth:
            self._done = True
            return "The line touches the ground.", 1.0, True, {}
        hint = "Deeper." if guess < self._depth else "Shallower."
        return f"{hint} Guesses left: {self.max_steps - self._steps}.", 0.0, self._done, {}

    def depth(self) -> int:
        return self._depth

    def state(self) -> tuple[Any, ...]:
        return self._depth, self._steps, self._done


def oracle(env: Env, seed: int) -> list[str]:
    """Halve what is left until the depth is met."""
    lowest, highest, plan = 1, DEEPEST, []
    while True:
        middle = (lowest + highest) // 2
        plan.append(f"guess:{middle}")
        if middle == env.depth():
            return plan
        if middle < env.depth():
            lowest = middle + 1
        else:
            highest = middle - 1
