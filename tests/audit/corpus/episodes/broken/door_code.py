"""A door with a code of five letters; each letter can be looked up on a panel, one at a time."""

import random

ACTIONS = ["panel:<int>", "enter:<text>", "wait"]
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


class Env:
    max_steps = 9

    def reset(self, seed: int) -> str:
        chance = random.Random(f"door {seed}")
        self.code = "".join(chance.choice(LETTERS) for _ in range(5))
        self.shift = chance.randint(1, 9)
        self.steps = 0
        self.done = False
        return (
            f"The code has five letters of the row {LETTERS}. Panel n (0 to 4) shows "
            f"letter n of the code, moved {self.shift} places to the right "
            "in that row, going round. Enter the code; one wrong code locks the door."
        )

    def state(self) -> tuple:
        return (self.code, self.shift, self.steps)

    def _compare(self, typed: str) -> bool:
        if len(typed) != len(self.code):
            raise ValueError(f"cannot compare {typed[:20]!r} with {self.code!r}: lengths differ")
        return typed == self.code

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The door does not react.", 0.0, True, {}
        self.steps += 1
        self.done = self.steps >= self.max_steps
        name, _, rest = action.partition(":")
        if name == "panel" and rest in ("0", "1", "2", "3", "4"):
            shown = LETTERS[(LETTERS.index(self.code[int(rest)]) + self.shift) % len(LETTERS)]
            return f"Panel {rest} shows {shown}.", 0.0, self.done, {}
        if name == "enter":
            try:
                right = self._compare(rest)
            except ValueError as error:
                return f"Keypad fault: {error}", 0.0, self.done, {}
            self.done = True
            return ("The door opens." if right else "The door locks."), float(right), True, {}
        return "Nothing happens.", 0.0, self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    return [*(f"panel:{n}" for n in range(5)), f"enter:{env.code}"]
