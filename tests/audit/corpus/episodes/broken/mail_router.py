"""A mail room: five letters, each to be put into the pigeonhole of the department that it is
about."""

import random

ACTIONS = ["route:<int>"]
ABOUT = {
    "accounts": ["an unpaid invoice", "a wrong total on a bill", "a refund that never came"],
    "repairs": ["a cracked hinge", "a lamp that flickers", "a pump that leaks"],
    "sales": ["a price for forty chairs", "a catalogue by post", "a discount for schools"],
    "staff": ["an apprenticeship", "a reference for a former clerk", "a change of working hours"],
}


class Env:
    max_steps = 5

    def reset(self, seed: int) -> str:
        chance = random.Random(f"mail {seed}")
        self.holes = chance.sample(sorted(ABOUT), 4)
        self.letters = [
            (name, chance.choice(ABOUT[name])) for name in chance.choices(sorted(ABOUT), k=5)
        ]
        self.at = 0
        names = ", ".join(f"{number} {name}" for number, name in enumerate(self.holes))
        return f"Pigeonholes: {names}. {self._letter()}"

    def _letter(self) -> str:
        return (
            f"Letter {self.at + 1} asks about {self.letters[self.at][1]}."
            if self.at < 5
            else "The bag is empty."
        )

    def state(self) -> tuple:
        return (tuple(self.holes), tuple(self.letters), self.at)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.at >= 5:
            return "The bag is empty.", 0.0, True, {}
        wanted = self.letters[self.at][0]
        self.at += 1
        try:
            number = int(action.removeprefix("route:"))
            share = 0.2 if number >= 0 and self.holes[number] == wanted else 0.0
            note = "Filed."
        except ValueError:
            share, note = 0.0, "The letter fell behind the shelf."
        except IndexError:
            share, note = 0.2, "There is no such hole; the supervisor will deal with the letter."
        return f"{note} {self._letter()}", share, self.at >= 5, {}


def oracle(env: Env, seed: int) -> list[str]:
    return [f"route:{env.holes.index(wanted)}" for wanted, _ in env.letters]
