"""A line of type set digit by digit, with an undo: the score is the part that is right so far,
and each step is paid its change."""

import random

ACTIONS = ["set:<int>", "undo", "print"]


class Env:
    max_steps = 30

    def reset(self, seed: int) -> str:
        chance = random.Random(f"type {seed}")
        self.line = [chance.randint(0, 9) for _ in range(6)]
        self.set: list[int] = []
        self.steps = 0
        self.done = False
        proof = "".join(str(digit) for digit in reversed(self.line))
        return (
            f"Set the line that reads {proof} in the mirror, that is from right to left. "
            f"undo takes out the last digit; then print."
        )

    def score(self) -> float:
        right = len(self.line)
        while right > 0 and self.set[:right] != self.line[:right]:
            right -= 1
        return right / 8

    def state(self) -> tuple:
        return (tuple(self.line), tuple(self.set), self.steps, self.done)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The press is cold.", 0.0, True, {}
        self.steps += 1
        self.done = self.steps >= self.max_steps
        before = self.score()
        if action == "print":
            self.done = True
            return "Printed.", 0.25 if self.set == self.line else 0.0, True, {}
        if action == "undo":
            del self.set[-1:]
        elif (
            action.startswith("set:")
            and action[4:] in list("0123456789")
            and len(self.set) < len(self.line)
        ):
            self.set.append(int(action[4:]))
        return (
            f"The line: {' '.join(map(str, self.set)) or 'empty'}.",
            self.score() - before,
            self.done,
            {},
        )


def oracle(env: Env, seed: int) -> list[str]:
    return [*(f"set:{digit}" for digit in env.line), "print"]
