"""A number is worked out along notes in a row of drawers and dialled once at the end."""

import random

ACTIONS = ["read:<int>", "dial:<int>"]


class Env:
    max_steps = 12

    def reset(self, seed):
        chance = random.Random(f"trail{seed}")
        self.value = chance.randint(100, 999)
        self.notes = [f"Begin with {self.value}."]
        for _ in range(chance.randint(3, 5)):
            n = chance.randint(11, 99)
            kind = chance.choice(["add", "take", "times"])
            if kind == "add":
                self.value, text = self.value + n, f"Add {n}."
            elif kind == "take":
                self.value, text = abs(self.value - n), f"Take {n} away and drop any minus sign."
            else:
                n = chance.randint(2, 5)
                self.value, text = self.value * n, f"Multiply by {n}."
            self.notes.append(text)
        self.drawers = chance.sample(range(1, 30), len(self.notes))
        self.turn, self.over = 0, False
        return (
            f"Drawers {', '.join(map(str, self.drawers))} hold one note each, read with read:N. "
            "Follow the notes in just this order of the drawers, and dial the number "
            "that comes out with dial:NUMBER. You can dial only once."
        )

    def step(self, action):
        if self.over:
            return "The line is dead.", 0.0, True, {}
        self.turn += 1
        name, _, rest = str(action).partition(":")
        said = "Use read:N or dial:NUMBER."
        if rest.isascii() and rest.isdigit() and len(rest) < 12:
            number = int(rest)
            if name == "dial":
                self.over = True
                good = number == self.value
                return ("It rings." if good else "Wrong number."), float(good), True, {}
            if name == "read":
                said = "There is nothing in it."
                if number in self.drawers:
                    said = self.notes[self.drawers.index(number)]
        self.over = self.turn >= self.max_steps
        return said, 0.0, self.over, {}


def oracle(env, seed):
    env.reset(seed)
    return [*(f"read:{n}" for n in env.drawers), f"dial:{env.value}"]
