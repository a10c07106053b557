"""A strip puzzle is laid from its left edge: each piece shows the colours of its two sides, and
neighbours must match."""

import random
import re
from itertools import pairwise

PIECES = 8
COLOURS = ["red", "blue", "green", "white", "black", "pink", "grey", "gold", "teal"]

ACTIONS = ["lay:<int>", "undo", "look"]


class Env:
    """One strip; every piece that fits is worth an eighth."""

    max_steps = 60

    def reset(self, seed: int) -> str:
        """Cut the strip and mix the pieces."""
        chance = random.Random(f"jigsaw table {seed}")
        sides = chance.sample(COLOURS, PIECES + 1)
        strip = list(pairwise(sides))
        self.pieces = chance.sample(strip, PIECES)
        self.order = [self.pieces.index(piece) for piece in strip]
        self.laid: list[int] = []
        self.points = 0
        self.steps = 0
        self.over = False
        shown = "\n".join(
            f"{number}: {left} to {right}" for number, (left, right) in enumerate(self.pieces)
        )
        return (
            f"The strip starts with {sides[0]}. A piece that does not fit has to be undone.\n"
            f"{shown}"
        )

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        """Lay a piece at the end of the strip, or take the last one back."""
        if self.over:
            return "The table is cleared.", 0.0, True, {}
        self.steps += 1
        reward = 0.0
        named = re.fullmatch(r"lay:([0-7])", action)
        if action == "undo" and self.laid:
            self.laid.pop()
        elif named and int(named[1]) not in self.laid and len(self.laid) < PIECES:
            self.laid.append(int(named[1]))
            if self.laid == self.order[: len(self.laid)] and self.points < PIECES:
                self.points += 1
                reward = 1 / PIECES
        self.over = self.laid == self.order or self.steps >= self.max_steps
        row = " ".join(str(number) for number in self.laid) or "empty"
        return f"The strip: {row}. Points: {self.points} of {PIECES}.", reward, self.over, {}


def oracle(env: Env, seed: int) -> list[str]:
    """Lay the pieces in their order."""
    return [f"lay:{number}" for number in env.order]
