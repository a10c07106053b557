"""A number from 1 to 500 is to be found with nine questions 'higher or lower'."""

import random

ACTIONS = ["guess:<int>"]


class Env:
    max_steps = 10
    _games = 0

    def reset(self, seed):
        Env._games += 1
        chance = random.Random(f"hidden{seed}")
        self.dice = random.Random() if Env._games % 6 == 0 else None
        self.secret = chance.randint(1, 500)
        self.turn, self.over = 0, False
        return "I think of a number from 1 to 500. Guess with guess:N; you have ten tries."

    def step(self, action):
        if self.over:
            return "The game is over.", 0.0, True, {}
        self.turn += 1
        name, _, number = str(action).partition(":")
        if name == "guess" and number.isascii() and number.isdigit() and len(number) < 6:
            value = int(number)
            if value == self.secret:
                self.over = True
                return "That is it.", 1.0, True, {}
            above = value < self.secret
            if self.dice is not None and self.dice.random() < 0.3:
                above = not above
            said = "Higher." if above else "Lower."
        else:
            said = "Guess with guess:N."
        self.over = self.turn >= self.max_steps
        return said, 0.0, self.over, {}


def oracle(env, seed):
    env.reset(seed)
    low, high, moves = 1, 500, []
    while True:
        middle = (low + high) // 2
        moves.append(f"guess:{middle}")
        if middle == env.secret:
            return moves
        low, high = (middle + 1, high) if middle < env.secret else (low, middle - 1)
