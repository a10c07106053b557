"""A robot carries a parcel over a grid; coming nearer to the door is worth a little as well."""

import random

ACTIONS = ["north", "south", "east", "west", "drop"]
_MOVES = {"north": (0, 1), "south": (0, -1), "east": (1, 0), "west": (-1, 0)}


class Env:
    max_steps = 40

    def reset(self, seed):
        chance = random.Random(f"parcel{seed}")
        while True:
            self.at = [chance.randint(0, 6), chance.randint(0, 6)]
            self.door = [chance.randint(0, 6), chance.randint(0, 6)]
            self.first = self._far()
            if self.first >= 3:
                break
        self.turn, self.over = 0, False
        return (
            f"The floor is 7 by 7, x to the east and y to the north. You stand at {self.at} with a "
            f"parcel, the door is at {self.door}. Walk there and drop it."
        )

    def _far(self):
        return sum(abs(a - b) for a, b in zip(self.at, self.door))

    def step(self, action):
        if self.over:
            return "The shift is over.", 0.0, True, {}
        self.turn += 1
        if action == "drop":
            self.over = True
            good = self.at == self.door
            return ("Delivered." if good else "Lost."), 0.5 if good else 0.0, True, {}
        if action not in _MOVES:
            self.over = self.turn >= self.max_steps
            return "Beep?", 0.0, self.over, {}
        before = self._far()
        self.at = [min(6, max(0, a + d)) for a, d in zip(self.at, _MOVES[action])]
        paid = 0.5 / self.first if self._far() < before else 0.0
        self.over = self.turn >= self.max_steps
        return f"You are at {self.at}.", paid, self.over, {}


def oracle(env, seed):
    env.reset(seed)
    (x, y), (a, b) = env.at, env.door
    across = ["east" if a > x else "west"] * abs(a - x)
    return [*across, *["north" if b > y else "south"] * abs(b - y), "drop"]
