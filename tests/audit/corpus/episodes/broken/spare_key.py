"""A key under one of seven flower pots; the neighbours know something, and one pot may be
lifted."""

import random

ACTIONS = ["ask:<int>", "lift:<int>"]
POTS = "basil thyme sage mint dill parsley chives".split()


class Env:
    max_steps = 5

    def reset(self, seed: int) -> str:
        self.pot = (3 * seed + 5) % len(POTS)
        chance = random.Random(f"pots {seed}")
        others = [pot for place, pot in enumerate(POTS) if place != self.pot]
        chance.shuffle(others)
        self.hints = [others[0:2], others[2:4], others[4:6]]
        self.steps = 0
        self.done = False
        pots = ", ".join(f"{place} {pot}" for place, pot in enumerate(POTS))
        return (
            f"House number {seed}. The key lies under one of the pots {pots}. Three "
            f"neighbours, 0 to 2, can be asked; one pot may be lifted."
        )

    def state(self) -> tuple:
        return (self.pot, tuple(map(tuple, self.hints)), self.steps, self.done)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The pots are back in their places.", 0.0, True, {}
        self.steps += 1
        self.done = self.steps >= self.max_steps
        verb, _, rest = action.partition(":")
        if verb == "ask" and rest in list("012"):
            return (
                f"It is not under the {' nor the '.join(self.hints[int(rest)])}.",
                0.0,
                self.done,
                {},
            )
        if verb == "lift" and rest in list("0123456"):
            self.done = True
            return "You lift the pot.", 1.0 if int(rest) == self.pot else 0.0, True, {}
        return "Nobody answers.", 0.0, self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    return ["ask:0", "ask:1", "ask:2", f"lift:{env.pot}"]
