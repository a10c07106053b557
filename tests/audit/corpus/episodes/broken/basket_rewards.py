"""A web shop in which a list of things is put into the basket; each right thing is worth a part."""

import random

ACTIONS = ["search:<text>", "add:<int>", "remove:<int>", "checkout"]
_KINDS = ["mug", "scarf", "lamp", "clock", "vase", "rug"]
_TINTS = ["red", "blue", "green", "grey"]


class Env:
    max_steps = 20

    def reset(self, seed):
        chance = random.Random(f"basket{seed}")
        goods = [(kind, tint) for kind in _KINDS for tint in _TINTS]
        numbers = chance.sample(range(100, 999), len(goods))
        self.stock = dict(zip(numbers, goods))
        self.wanted = chance.sample(numbers, 3)
        self.basket, self.turn, self.over = [], 0, False
        words = ", ".join(f"a {self.stock[n][1]} {self.stock[n][0]}" for n in self.wanted)
        return (
            f"Buy {words} and nothing else, then check out. Actions: search:WORD lists articles "
            "with numbers, add:N, remove:N, checkout."
        )

    def step(self, action):
        if self.over:
            return "The shop is closed.", 0.0, True, {}
        self.turn += 1
        name, _, rest = str(action).partition(":")
        said, paid = "What do you mean?", 0.0
        if name == "search":
            hits = [
                f"{n}: {tint} {kind}"
                for n, (kind, tint) in sorted(self.stock.items())
                if rest.strip().lower() in (kind, tint)
            ]
            said = "; ".join(hits) or "Nothing found."
        elif name == "checkout" and not rest:
            self.over = True
            good = sorted(self.basket) == sorted(self.wanted)
            return "Thank you.", 0.4 if good else 0.0, True, {}
        elif name in ("add", "remove") and rest.isascii() and rest.isdigit() and len(rest) < 6:
            number = int(rest)
            if number not in self.stock:
                said = "No such article."
            elif name == "remove":
                said = "It is not in the basket."
                if number in self.basket:
                    self.basket.remove(number)
                    said = "Removed."
            elif number in self.basket:
                said = "It is in the basket already."
            else:
                self.basket.append(number)
                said = "Added."
                paid = 0.2 if number in self.wanted else 0.0
        self.over = self.turn >= self.max_steps
        return said, paid, self.over, {}


def oracle(env, seed):
    env.reset(seed)
    finds = [f"search:{env.stock[n][0]}" for n in env.wanted]
    return [*finds, *(f"add:{n}" for n in env.wanted), "checkout"]
