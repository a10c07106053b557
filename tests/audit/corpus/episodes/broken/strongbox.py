"""A strongbox with four dials: the clues on the lid give the digits, and a dial clicks when its
digit is found."""

import random

ACTIONS = ["turn:<int>"]


class Env:
    max_steps = 60

    def reset(self, seed: int) -> str:
        chance = random.Random(f"strongbox {seed}")
        self.code = [chance.randint(0, 9) for _ in range(4)]
        self.open = 0
        self.steps = 0
        self.done = False
        clues = []
        for digit in self.code:
            factor, rest = chance.randint(3, 9), chance.randint(11, 99)
            clues.append(f"{factor} times it and {rest} more is {factor * digit + rest}")
        return "The dials are set from left to right. " + " ".join(
            f"Dial {n}: {clue}." for n, clue in enumerate(clues, 1)
        )

    def state(self) -> tuple:
        return (tuple(self.code), self.open, self.steps)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The box is still.", 0.0, True, {}
        self.steps += 1
        self.done = self.steps >= self.max_steps
        if action == f"turn:{self.code[self.open]}":
            self.open += 1
            if self.open == 4:
                self.done = True
                return "The lid springs open.", 1.0, True, {}
            return "A click.", 0.0, self.done, {}
        return "Nothing.", 0.0, self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    return [f"turn:{digit}" for digit in env.code]
