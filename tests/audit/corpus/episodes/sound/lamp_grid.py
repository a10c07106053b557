"""Lamps in five rows of five; pressing one switches it and its neighbours, all have to go out."""

import random

ACTIONS = ["press:<text>"]


class Env:
    max_steps = 22

    def reset(self, seed):
        chance = random.Random(f"lamps{seed}")
        while True:
            self.lit = set()
            self.plan = chance.sample(
                [(r, c) for r in range(5) for c in range(5)], chance.randint(6, 9)
            )
            for r, c in self.plan:
                self._press(r, c)
            if len(self.lit) >= 7:
                break
        self.turn, self.over = 0, False
        return (
            "Pressing a lamp switches it and those above, below, left and right of it. Put all "
            "lamps out; the way does not matter, nor do presses that undo each other. Press with "
            f"press:ROW,COLUMN, both from 1 to 5. (# is lit)\n{self._show()}"
        )

    def _press(self, r, c):
        for y, x in ((r, c), (r - 1, c), (r + 1, c), (r, c - 1), (r, c + 1)):
            if 0 <= y < 5 and 0 <= x < 5:
                self.lit ^= {(y, x)}

    def _show(self):
        return "\n".join(
            " ".join("#" if (r, c) in self.lit else "." for c in range(5)) for r in range(5)
        )

    def step(self, action):
        if self.over:
            return "The game is over.", 0.0, True, {}
        self.turn += 1
        action = str(action)
        self.over = self.turn >= self.max_steps
        places = {f"press:{r + 1},{c + 1}": (r, c) for r in range(5) for c in range(5)}
        if action.replace(" ", "") not in places:
            return "Press with press:ROW,COLUMN.", 0.0, self.over, {}
        self._press(*places[action.replace(" ", "")])
        if not self.lit:
            self.over = True
            return f"{self._show()}\nAll dark.", 1.0, True, {}
        return self._show(), 0.0, self.over, {}


def oracle(env, seed):
    env.reset(seed)
    return [f"press:{r + 1},{c + 1}" for r, c in env.plan]
