"""The board game with coloured pegs: find a row of five out of seven colours in ten tries."""

import random

ACTIONS = ["guess:<text>"]
_COLOURS = "RGBYOPWKLT"


class Env:
    max_steps = 10

    def reset(self, seed):
        chance = random.Random(f"pegs{seed}")
        self.pegs = "".join(chance.sample(_COLOURS, 7))
        self.code = "".join(chance.choice(self.pegs) for _ in range(5))
        self.turn, self.over = 0, False
        return (
            f"I have put five pegs in a row, each of the colours {' '.join(self.pegs)}, repetition "
            f"allowed. Guess with guess:{self.pegs[:5]}. I tell how many are "
            "right in colour and place (black) and how many more only in colour (white). "
            "You have ten tries; any other reply costs one."
        )

    def step(self, action):
        if self.over:
            return "The game is over.", 0.0, True, {}
        self.turn += 1
        name, _, row = str(action).partition(":")
        row = row.strip().upper()
        self.over = self.turn >= self.max_steps
        if name != "guess" or len(row) != 5 or any(letter not in self.pegs for letter in row):
            return f"Guess with five of the letters {self.pegs}.", 0.0, self.over, {}
        if row == self.code:
            self.over = True
            return "Five black. You have it.", 1.0, True, {}
        black = sum(a == b for a, b in zip(row, self.code))
        both = sum(min(row.count(c), self.code.count(c)) for c in self.pegs)
        return f"{black} black, {both - black} white.", 0.0, self.over, {}


def oracle(env, seed):
    env.reset(seed)
    return [f"guess:{env.code}"]
