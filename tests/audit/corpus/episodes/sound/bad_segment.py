"""A fault on a long line, found by testing; tests pay nothing, and one verdict is given."""

import random
import re

ACTIONS = ["test:<int>", "repair:<int>"]
SEGMENTS = 500


class Env:
    max_steps = 10

    def reset(self, seed: int) -> str:
        self.fault = random.Random(f"line {seed}").randrange(SEGMENTS)
        self.steps = 0
        self.done = False
        return (
            f"A line has segments 0 to {SEGMENTS - 1}; one of them is cut. test:n tells "
            f"whether current flows through all segments up to and with n. "
            f"You have {self.max_steps} actions, and may repair one segment."
        )

    def state(self) -> tuple:
        return (self.fault, self.steps, self.done)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The work is finished.", 0.0, True, {}
        self.steps += 1
        self.done = self.steps >= self.max_steps
        order = re.fullmatch(r"(test|repair):(0|[1-9][0-9]{0,2})", action)
        if not order or int(order[2]) >= SEGMENTS:
            return "Not an order.", 0.0, self.done, {}
        if order[1] == "test":
            return (
                ("Current flows." if int(order[2]) < self.fault else "No current."),
                0.0,
                self.done,
                {},
            )
        self.done = True
        return "The repair is made.", float(int(order[2]) == self.fault), True, {}


def oracle(env: Env, seed: int) -> list[str]:
    low, high, plan = 0, SEGMENTS - 1, []
    while low < high:
        middle = (low + high) // 2
        plan.append(f"test:{middle}")
        low, high = (middle + 1, high) if middle < env.fault else (low, middle)
    return [*plan, f"repair:{low}"]
