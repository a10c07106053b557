"""A voucher has to be spent to the cent on three different things; any three that fit will do."""

import itertools
import random

ACTIONS = ["shelf:<text>", "add:<int>", "remove:<int>", "checkout"]
_SHELVES = {
    "garden": ["rake", "spade", "hose", "seeds"],
    "kitchen": ["pan", "ladle", "bowl", "grater"],
    "office": ["stapler", "folder", "pen", "ruler"],
}


class Env:
    max_steps = 16

    def reset(self, seed):
        chance = random.Random(f"exact{seed}")
        numbers = iter(chance.sample(range(100, 999), 12))
        self.goods = {
            next(numbers): (shelf, name, chance.randint(2, 40) * 25 + 100)
            for shelf, names in _SHELVES.items()
            for name in names
        }
        self.plan = chance.sample(sorted(self.goods), 3)
        self.total = sum(self.goods[n][2] for n in self.plan)
        self.ways = [
            c
            for c in itertools.combinations(sorted(self.goods), 3)
            if sum(self.goods[n][2] for n in c) == self.total
        ]
        self.basket, self.turn, self.over = set(), 0, False
        return (
            f"You have a voucher of {self.total} cents. Put three different articles into the "
            "basket whose prices add up to exactly that, and check out (once). If several "
            "choices fit, each is right. Actions: shelf:garden, shelf:kitchen, shelf:office show "
            "articles with numbers and prices; add:NUMBER, remove:NUMBER, checkout."
        )

    def step(self, action):
        if self.over:
            return "The shop is closed.", 0.0, True, {}
        self.turn += 1
        name, _, rest = str(action).partition(":")
        said = "Sorry?"
        if str(action) == "checkout":
            self.over = True
            good = tuple(sorted(self.basket)) in self.ways
            return ("Paid." if good else "The voucher does not fit."), float(good), True, {}
        if name == "shelf" and rest in _SHELVES:
            said = "; ".join(
                f"{n}: {what} {cents} cents"
                for n, (shelf, what, cents) in self.goods.items()
                if shelf == rest
            )
        elif name in ("add", "remove") and rest.isascii() and rest.isdigit() and len(rest) == 3:
            number = int(rest)
            if number not in self.goods:
                said = "There is no such article."
            elif name == "add":
                self.basket.add(number)
                said = f"In the basket: {', '.join(map(str, sorted(self.basket)))}."
            else:
                self.basket.discard(number)
                said = f"In the basket: {', '.join(map(str, sorted(self.basket))) or 'nothing'}."
        self.over = self.turn >= self.max_steps
        return said, 0.0, self.over, {}


def oracle(env, seed):
    env.reset(seed)
    looks = [f"shelf:{shelf}" for shelf in _SHELVES]
    return [*looks, *(f"add:{n}" for n in env.plan), "checkout"]
