"""A gardener orders packets of seed from a price list so that the harvest is as large as the
purse allows."""

import random
import re

PLANTS = ["beet", "chard", "kale", "leek", "onion", "pea", "radish", "squash", "turnip", "carrot"]

ACTIONS = ["order:<int>", "cancel:<int>", "send"]


class Env:
    """One order; it is paid when no affordable order harvests more."""

    max_steps = 24

    def reset(self, seed: int) -> str:
        """Print the price list."""
        chance = random.Random(f"seed order {seed}")
        self.packets = [(chance.randint(11, 40), chance.randint(20, 99)) for _ in PLANTS]
        self.purse = sum(price for price, _ in self.packets) // 3
        self.best = _best(self.packets, self.purse)
        self.basket: set[int] = set()
        self.steps = 0
        self.over = False
        listed = "\n".join(
            f"{n}: {PLANTS[n]}, {price} coins, harvest {harvest} kg"
            for n, (price, harvest) in enumerate(self.packets)
        )
        return (
            f"The purse holds {self.purse} coins; what it cannot pay for is refused. One "
            f"packet of each at most.\n{listed}"
        )

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        """Put a packet on the order, strike it off or send the order."""
        if self.over:
            return "The order is sent.", 0.0, True, {}
        self.steps += 1
        self.over = self.steps >= self.max_steps or action == "send"
        harvest = sum(self.packets[number][1] for number in self.basket)
        if action == "send":
            return (
                f"The harvest is {harvest} kg.",
                float(harvest >= sum(self.packets[n][1] for n in self.best)),
                True,
                {},
            )
        named = re.fullmatch(r"(order|cancel):([0-9])", action)
        if not named:
            return "The shop did not understand.", 0.0, self.over, {}
        number = int(named[2])
        if named[1] == "cancel":
            self.basket.discard(number)
        elif self.packets[number][0] > self.purse:
            return "The purse does not pay for that.", 0.0, self.over, {}
        else:
            self.basket.add(number)
        return (
            f"On the order: {', '.join(PLANTS[n] for n in sorted(self.basket)) or 'nothing'}.",
            0.0,
            self.over,
            {},
        )


def _best(packets: list[tuple[int, int]], purse: int) -> list[int]:
    """Solve the knapsack exactly."""
    table: dict[int, tuple[int, list[int]]] = {0: (0, [])}
    for number, (price, harvest) in enumerate(packets):
        for spent, (total, chosen) in list(table.items()):
            if spent + price <= purse and total + harvest > table.get(spent + price, (0, []))[0]:
                table[spent + price] = (total + harvest, [*chosen, number])
    return max(table.values())[1]


def oracle(env: Env, seed: int) -> list[str]:
    """Order the best basket."""
    return [*(f"order:{number}" for number in env.best), "send"]
