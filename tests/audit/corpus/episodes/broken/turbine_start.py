"""A turbine is started in the one order that its notes allow; the notes are shuffled, and the
interlocks are strict."""

import random

STEPS = [
    "open drain",
    "prime pump",
    "vent casing",
    "close breaker",
    "light burner",
    "turn rotor",
    "seal gland",
]

ACTIONS = [f"do:{step}" for step in STEPS]


class Env:
    """One start: seven steps, each to be done once."""

    max_steps = 16

    def reset(self, seed: int) -> str:
        """Draw the order of this machine and shuffle the notes about it."""
        chance = random.Random(f"turbine {seed}")
        self.order = chance.sample(STEPS, len(STEPS))
        notes = [
            f"- right after '{a}' comes '{b}'"
            for a, b in zip(self.order, self.order[1:], strict=False)
        ]
        chance.shuffle(notes)
        self.finished: list[str] = []
        self.steps = 0
        self.over = False
        return f"Start turbine {chance.randint(100, 999)}. Notes of the fitter:\n" + "\n".join(
            notes
        )

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        """Try one step of the start."""
        if self.over:
            return "The start is over.", 0.0, True, {}
        self.steps += 1
        name = action.removeprefix("do:")
        due = self.order[len(self.finished)]
        if name not in STEPS:
            text = "There is no such step."
        elif name in self.finished:
            text = f"'{name}' was done before."
        elif name != due:
            text = f"Interlock: '{name}' is held back until '{due}' is done."
        else:
            self.finished.append(name)
            text = f"'{name}' is done."
        running = len(self.finished) == len(STEPS)
        self.over = running or self.steps >= self.max_steps
        return ("The turbine runs." if running else text), float(running), self.over, {}


def oracle(env: Env, seed: int) -> list[str]:
    """Follow the order."""
    return [f"do:{step}" for step in env.order]
