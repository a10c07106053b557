"""A customs declaration: find the tariff number of the goods in a register of four chapters,
then declare it."""

import difflib
import random

ACTIONS = ["open:<int>", "declare:<int>"]
GOODS = (
    "kettles saddles violins anchors lenses carpets hinges candles globes ladders whistles barrels"
).split()


class Env:
    max_steps = 12

    def reset(self, seed: int) -> str:
        chance = random.Random(f"customs {seed}")
        goods = chance.sample(GOODS, len(GOODS))
        numbers = chance.sample(range(1000, 9999), len(GOODS))
        self.chapters = [
            dict(zip(goods[start : start + 3], numbers[start : start + 3], strict=True))
            for start in (0, 3, 6, 9)
        ]
        self.goods = chance.choice(goods)
        self.number = str(
            next(chapter[self.goods] for chapter in self.chapters if self.goods in chapter)
        )
        self.steps = 0
        self.done = False
        return (
            f"Declare {self.goods}. Their tariff number stands in one of the chapters 0 to 3 "
            f"of the register; one declaration is accepted."
        )

    def state(self) -> tuple:
        return (self.goods, self.number, self.steps)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The counter is closed.", 0.0, True, {}
        self.steps += 1
        self.done = self.steps >= self.max_steps
        verb, _, rest = action.partition(":")
        if verb == "open" and rest in list("0123"):
            return (
                "; ".join(
                    f"{goods} {number}" for goods, number in self.chapters[int(rest)].items()
                ),
                0.0,
                self.done,
                {},
            )
        if verb != "declare":
            return "The officer waits.", 0.0, self.done, {}
        if not (len(rest) == 4 and rest.isascii() and rest.isdigit()):
            close = difflib.get_close_matches(rest, [self.number], n=1, cutoff=0.0)
            return (
                f"'{rest[:20]}' is no tariff number of {self.goods} (nearest: {close[0]}).",
                0.0,
                self.done,
                {},
            )
        self.done = True
        return "Stamped.", 1.0 if rest == self.number else 0.0, True, {}


def oracle(env: Env, seed: int) -> list[str]:
    page = next(place for place, chapter in enumerate(env.chapters) if env.goods in chapter)
    return [f"open:{page}", f"declare:{env.number}"]
