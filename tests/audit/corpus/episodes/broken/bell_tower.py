"""Change ringing: learn the order of the bells from the board, ring them in that order, and be
paid for a whole change."""

import random

ACTIONS = ["read", "ring:<int>"]


class Env:
    max_steps = 12

    def reset(self, seed: int) -> str:
        chance = random.Random(f"bells {seed}")
        self.order = chance.sample(range(1, 7), 6)
        self.rung: list[int] = []
        self.read = False
        self.steps = 0
        return (
            "Six bells, 1 to 6, hang in the tower. The change to be rung is written on the "
            "board; ring each bell once, in that order."
        )

    def state(self) -> tuple:
        return (tuple(self.order), tuple(self.rung), self.read, self.steps)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        self.steps += 1
        late = self.steps >= self.max_steps
        if action == "read":
            self.read = True
            return f"The board says {' '.join(map(str, self.order))}.", 0.0, late, {}
        bell = action.removeprefix("ring:")
        if not action.startswith("ring:") or bell not in list("123456"):
            return "The ropes hang still.", 0.0, late, {}
        if len(self.rung) < 6:
            self.rung.append(int(bell))
        if len(self.rung) < 6:
            return f"Rung so far: {len(self.rung)}.", 0.0, late, {}
        return "The change is over.", 1.0 if self.rung == self.order else 0.0, True, {}


def oracle(env: Env, seed: int) -> list[str]:
    return ["read", *(f"ring:{bell}" for bell in env.order)]
