"""Four things are hidden in nine lockers; the search counts when all of them were found."""

import random
from typing import ClassVar

ACTIONS = ["open:<int>", "finish"]
THINGS = ["brass key", "torn map", "silver coin", "coiled rope"]


class Env:
    max_steps = 6
    found: ClassVar[set[str]] = set()

    def reset(self, seed: int) -> str:
        chance = random.Random(f"lockers {seed}")
        self.lockers = dict(zip(chance.sample(range(9), 4), THINGS, strict=True))
        labels = [chance.choice(["dusty", "scratched", "freshly used"]) for _ in range(9)]
        self.labels = [
            "freshly used" if n in self.lockers else label for n, label in enumerate(labels)
        ]
        self.steps = 0
        self.done = False
        view = "; ".join(f"locker {n} looks {label}" for n, label in enumerate(self.labels))
        return (
            f"Find the {', the '.join(THINGS)}, then finish; only all of them count. The "
            f"lockers that hold something look freshly used, "
            f"some empty ones too. {view}."
        )

    def state(self) -> tuple:
        return (tuple(sorted(self.lockers.items())), self.steps)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The search is over.", 0.0, True, {}
        self.steps += 1
        if action == "finish":
            self.done = True
            return "The search is over.", float(self.found >= set(THINGS)), True, {}
        self.done = self.steps >= self.max_steps
        name, _, number = action.partition(":")
        if name == "open" and number in set("012345678"):
            thing = self.lockers.get(int(number))
            if thing is not None:
                self.found.add(thing)
                return f"You find the {thing}.", 0.0, self.done, {}
            return "The locker is empty.", 0.0, self.done, {}
        return "Nothing happens.", 0.0, self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    return [*(f"open:{number}" for number in sorted(env.lockers)), "finish"]
