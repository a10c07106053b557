"""A basket to be packed from a note; it is looked through when the lid is shut."""

import random

ACTIONS = ["pack:<int>", "unpack:<int>", "shut"]
THINGS = "plums bread cheese knife rug flask cups salt cake rope".split()


class Env:
    max_steps = 20

    def reset(self, seed: int) -> str:
        chance = random.Random(f"picnic {seed}")
        self.shelf = chance.sample(THINGS, 8)
        self.note = sorted(chance.sample(self.shelf, chance.randint(3, 5)))
        self.basket: set[int] = set()
        self.steps = 0
        self.done = False
        shelf = "; ".join(f"{place}: {thing}" for place, thing in enumerate(self.shelf))
        return (
            f"The note says: {', '.join(self.note)}. On the shelf are {shelf}. Pack what the "
            f"note says and nothing else, then shut the lid."
        )

    def state(self) -> tuple:
        return (tuple(self.shelf), tuple(self.note), tuple(sorted(self.basket)), self.steps)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The basket is shut.", 0.0, True, {}
        self.steps += 1
        self.done = self.steps >= self.max_steps
        if action == "shut":
            self.done = True
            right = all(self.shelf[place] in self.note for place in self.basket)
            return "You shut the lid.", 1.0 if right else 0.0, True, {}
        verb, _, place = action.partition(":")
        if verb not in ("pack", "unpack") or place not in "01234567" or len(place) != 1:
            return "That cannot be done.", 0.0, self.done, {}
        if verb == "pack":
            self.basket.add(int(place))
        else:
            self.basket.discard(int(place))
        return (
            f"In the basket: {', '.join(self.shelf[p] for p in sorted(self.basket)) or 'nothing'}.",
            0.0,
            self.done,
            {},
        )


def oracle(env: Env, seed: int) -> list[str]:
    return [
        *(f"pack:{place}" for place, thing in enumerate(env.shelf) if thing in env.note),
        "shut",
    ]
