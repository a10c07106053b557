"""A sealed box computes a quadratic; it is to be found out from a few values."""

import random

ACTIONS = ["probe:<int>", "answer:<text>"]


class Env:
    max_steps = 7

    def reset(self, seed):
        chance = random.Random(f"sealed{seed}")
        self.a = chance.choice([-1, 1]) * chance.randint(1, 9)
        self.b, self.c = chance.randint(-20, 20), chance.randint(-50, 50)
        self.low = chance.randint(-20, 20)
        self.turn, self.over = 0, False
        return (
            "A box computes a*x*x + b*x + c with integers a, b, c that you do not know. probe:X "
            f"gives its value for an integer X from {self.low} to {self.low + 8}; "
            "after at most six probes reply with answer:A,B,C. There is one answer."
        )

    def step(self, action):
        if self.over:
            return "The box is gone.", 0.0, True, {}
        self.turn += 1
        name, _, rest = str(action).partition(":")
        if name == "answer":
            self.over = True
            good = rest[:60].replace(" ", "") == f"{self.a},{self.b},{self.c}"
            return ("That is it." if good else "That is not it."), float(good), True, {}
        said = "Use probe:X or answer:A,B,C."
        if name == "probe" and rest in map(str, range(self.low, self.low + 9)):
            x = int(rest)
            said = f"The box gives {self.a * x * x + self.b * x + self.c} for {x}."
        self.over = self.turn >= self.max_steps
        return said, 0.0, self.over, {}


def oracle(env, seed):
    env.reset(seed)
    probes = [f"probe:{env.low + i}" for i in range(3)]
    return [*probes, f"answer:{env.a},{env.b},{env.c}"]
