"""Four ways across the islands, each the sum of its legs: take the shortest."""

import random

ACTIONS = ["take:<int>"]
ISLANDS = "Hvide Sando Lyngo Karsk Molde Tarn Birkoy Stenna".split()


class Env:
    max_steps = 1

    def reset(self, seed: int) -> str:
        chance = random.Random(f"ferry {seed}")
        shortest = [chance.randint(10, 60) for _ in range(3)]
        self.routes = []
        for number in range(4):
            legs = list(shortest)
            if number != 2:  # lengthen one leg and shift the others about, so that no leg tells
                shift = chance.randint(1, 8)
                legs[0] += shift + chance.randint(1, 9)
                legs[1] -= shift
                chance.shuffle(legs)
            self.routes.append((chance.sample(ISLANDS, 2), legs))
        self.done = False
        lines = "\n".join(
            f"{number}: by {via[0]} and {via[1]}, {' + '.join(map(str, legs))} miles"
            for number, (via, legs) in enumerate(self.routes)
        )
        return f"Which ferry has the shortest way? Take one.\n{lines}"

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "You are on your way.", 0.0, True, {}
        self.done = True
        lengths = [sum(legs) for _, legs in self.routes]
        best = lengths.index(min(lengths))
        return "The ferry leaves.", 1.0 if action == f"take:{best}" else 0.0, True, {}


def oracle(env: Env, seed: int) -> list[str]:
    lengths = [sum(legs) for _, legs in env.routes]
    return [f"take:{lengths.index(min(lengths))}"]
