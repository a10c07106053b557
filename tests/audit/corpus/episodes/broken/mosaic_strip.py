"""A mosaic laid from left to right: each stone that fits is worth its share, and the last stone
can be taken up again."""

import random

ACTIONS = ["lay:<int>", "lift"]


class Env:
    max_steps = 30

    def reset(self, seed: int) -> str:
        chance = random.Random(f"mosaic {seed}")
        self.start, self.stride = chance.randint(0, 4), chance.randint(1, 4)
        self.pattern = [
            (self.start + self.stride * place) % 5 + 5 * (place % 2) for place in range(6)
        ]
        self.laid: list[int] = []
        self.steps = 0
        self.done = False
        return (
            f"Lay six stones. The first has colour {self.pattern[0]}, then "
            f"{self.pattern[1]}, {self.pattern[2]}, {self.pattern[3]} and so on: the "
            "colours of the odd places and of the even places go on in the same way, "
            "from 0 to 4 and from 5 to 9, round and round."
        )

    def state(self) -> tuple:
        return (tuple(self.pattern), tuple(self.laid), self.steps)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The mortar is dry.", 0.0, True, {}
        self.steps += 1
        self.done = self.steps >= self.max_steps
        if action == "lift":
            if self.laid:
                self.laid.pop()
            return f"Laid: {self.laid}.", 0.0, self.done, {}
        stone = action.removeprefix("lay:")
        if not action.startswith("lay:") or stone not in list("0123456789"):
            return "There is no such stone.", 0.0, self.done, {}
        self.laid.append(int(stone))
        fits = self.laid == self.pattern[: len(self.laid)]
        self.done = self.done or len(self.laid) == len(self.pattern)
        return f"Laid: {self.laid}.", 1 / len(self.pattern) if fits else 0.0, self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    return [f"lay:{stone}" for stone in env.pattern]
