"""A raffle: the numbers in the drum are read out, and the ticket with the largest one is to be
named."""

import random

ACTIONS = ["read", "name:<int>"]


class Env:
    max_steps = 3

    def reset(self, seed: int) -> str:
        chance = random.Random(f"raffle {seed}")
        self.tickets = chance.sample(range(100, 1000), 8)
        random.shuffle(self.tickets)
        self.steps = 0
        self.done = False
        return (
            "Eight tickets, at the places 0 to 7, are in the drum. Have them read out, then "
            "name the place of the largest number."
        )

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The drum is empty.", 0.0, True, {}
        self.steps += 1
        self.done = self.steps >= self.max_steps
        if action == "read":
            return ", ".join(map(str, self.tickets)) + ".", 0.0, self.done, {}
        if action.startswith("name:"):
            self.done = True
            return (
                "The prize is handed over.",
                1.0 if action == f"name:{self.tickets.index(max(self.tickets))}" else 0.0,
                True,
                {},
            )
        return "The drum turns.", 0.0, self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    return ["read", f"name:{env.tickets.index(max(env.tickets))}"]
