"""Readings have to be gathered and combined; what is read is never the answer itself, and one
answer is taken."""

import random
import re

ACTIONS = ["read:<int>", "report:<text>"]
DIALS, NEEDED = 12, 5


class Env:
    max_steps = 7

    def reset(self, seed: int) -> str:
        chance = random.Random(f"chart {seed}")
        self.dials = [chance.randrange(10) for _ in range(DIALS)]
        self.course = chance.sample(range(DIALS), NEEDED)
        self.offsets = [chance.randint(1, 9) for _ in range(NEEDED)]
        self.steps = 0
        self.done = False
        rule = ", ".join(
            f"dial {dial} plus {offset}"
            for dial, offset in zip(self.course, self.offsets, strict=True)
        )
        return (
            f"Report five digits, without spaces: the last digits of {rule}. "
            f"There are dials 0 to {DIALS - 1}, {self.max_steps} actions and one report."
        )

    def figure(self) -> str:
        return "".join(
            str((self.dials[dial] + offset) % 10)
            for dial, offset in zip(self.course, self.offsets, strict=True)
        )

    def state(self) -> tuple:
        return (tuple(self.dials), tuple(self.course), tuple(self.offsets), self.steps, self.done)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The log is closed.", 0.0, True, {}
        self.steps += 1
        self.done = self.steps >= self.max_steps
        order = re.fullmatch(r"read:(0|[1-9][0-9]?)", action)
        if order and int(order[1]) < DIALS:
            return f"Dial {order[1]} stands at {self.dials[int(order[1])]}.", 0.0, self.done, {}
        if action.startswith("report:"):
            self.done = True
            return (
                "The report is filed.",
                float(action.strip() == f"report:{self.figure()}"),
                True,
                {},
            )
        return "Not an order.", 0.0, self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    return [*(f"read:{dial}" for dial in env.course), f"report:{env.figure()}"]
