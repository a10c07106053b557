"""Four sums one after the other: a quarter for each right one, minus a quarter for a wrong one."""

import random

ACTIONS = ["answer:<int>", "again", "skip"]


class Env:
    max_steps = 12

    def reset(self, seed):
        chance = random.Random(f"oral{seed}")
        self.sums = []
        for _ in range(4):
            a, b, c = chance.randint(12, 99), chance.randint(3, 19), chance.randint(50, 500)
            self.sums.append((f"What is {a} times {b}, less {c}?", a * b - c))
        self.at, self.turn, self.over = 0, 0, False
        return (
            "Four questions, one at a time. A right answer brings 0.25, a wrong one costs 0.25 and "
            "is not asked again; skip goes on without either, again repeats the question. Answer "
            f"with answer:NUMBER. {self.sums[0][0]}"
        )

    def step(self, action):
        if self.over:
            return "The exam is over.", 0.0, True, {}
        self.turn += 1
        name, _, rest = str(action).partition(":")
        paid, said = 0.0, "Answer with answer:NUMBER."
        digits = rest.removeprefix("-")
        if name == "answer" and digits.isascii() and digits.isdigit() and len(digits) < 10:
            right = int(rest) == self.sums[self.at][1]
            paid, said = (0.25, "Right.") if right else (-0.25, "Wrong.")
            self.at += 1
        elif str(action) == "skip":
            said = "Next."
            self.at += 1
        elif str(action) == "again":
            said = "Once more."
        self.over = self.at >= len(self.sums) or self.turn >= self.max_steps
        if not self.over:
            said += " " + self.sums[self.at][0]
        return said, paid, self.over, {}


def oracle(env, seed):
    env.reset(seed)
    return [f"answer:{value}" for _, value in env.sums]
