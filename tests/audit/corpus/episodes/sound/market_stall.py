"""Four sacks of rice, one choice: whoever looks at nothing is right one time in four."""

import random

ACTIONS = ["buy:0", "buy:1", "buy:2", "buy:3"]
FARMS = "Oakley Bramble Hollow Fenwick Larch Dunmore Thistle Quarry".split()


class Env:
    max_steps = 1

    def reset(self, seed: int) -> str:
        chance = random.Random(f"stall {seed}")
        rates = chance.sample(range(12, 31), 4)
        self.best = rates.index(min(rates))
        self.sacks = [
            (farm, kilos, kilos * rate)
            for farm, kilos, rate in zip(
                chance.sample(FARMS, 4), chance.choices(range(3, 15), k=4), rates, strict=True
            )
        ]
        self.done = False
        lines = "\n".join(
            f"{place}: {farm}, {kilos} kilos for {price} crowns"
            for place, (farm, kilos, price) in enumerate(self.sacks)
        )
        return f"Buy the sack with the lowest price for a kilo.\n{lines}"

    def state(self) -> tuple:
        return (tuple(self.sacks), self.done)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The stall is closed.", 0.0, True, {}
        self.done = True
        return "Sold.", 1.0 if action == f"buy:{self.best}" else 0.0, True, {}


def oracle(env: Env, seed: int) -> list[str]:
    return [f"buy:{env.best}"]
