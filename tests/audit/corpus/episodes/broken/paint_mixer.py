"""Mix a shade from red and white tins: the reward is how near the share of red comes to the one
that was ordered."""

import random

ACTIONS = ["red:<int>", "white:<int>", "stir"]


class Env:
    max_steps = 8

    def reset(self, seed: int) -> str:
        chance = random.Random(f"paint {seed}")
        self.parts = chance.sample([1, 2, 3, 5, 7, 9], 2)
        self.size = chance.randint(2, 6)
        self.tins = {"red": 0.0, "white": 0.0}
        self.steps = 0
        self.done = False
        red, white = self.parts
        return (
            f"Mix {red} parts of red with {white} parts of white, "
            f"{self.size * sum(self.parts)} litres in all, at most 60 litres a tin; then "
            f"stir."
        )

    def state(self) -> tuple:
        return (tuple(self.parts), self.size, tuple(self.tins.values()), self.steps)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The tin is closed.", 0.0, True, {}
        self.steps += 1
        self.done = self.steps >= self.max_steps
        if action == "stir":
            self.done = True
            litres = sum(self.tins.values())
            share = self.tins["red"] / litres if litres else float("nan")
            wanted = self.parts[0] / sum(self.parts)
            near = abs(share - wanted) / max(wanted, 1 - wanted)
            if litres and litres != self.size * sum(self.parts):
                return "The tin is too full or not full enough.", 0.0, True, {}
            return "The shade is ready.", (1 - near) ** 4, True, {}
        colour, _, litres_text = action.partition(":")
        if (
            colour not in self.tins
            or not (litres_text.isascii() and litres_text.isdigit())
            or len(litres_text) > 2
            or int(litres_text) > 60
        ):
            return "Nothing flows.", 0.0, self.done, {}
        self.tins[colour] += int(litres_text)
        return (
            f"{self.tins['red']:g} litres of red, {self.tins['white']:g} of white.",
            0.0,
            self.done,
            {},
        )


def oracle(env: Env, seed: int) -> list[str]:
    return [f"red:{env.parts[0] * env.size}", f"white:{env.parts[1] * env.size}", "stir"]
