"""A carpet is sold to a buyer who halves the way to a secret limit with each refusal, and leaves
after the third."""

import random
import re

PATIENCE = 3

ACTIONS = ["ask:<int>", "accept"]


class Env:
    """One sale: the limit itself earns all, a little less earns a part, and a gift earns
    nothing.
    """

    max_steps = 8

    def reset(self, seed: int) -> str:
        """Draw the buyer."""
        chance = random.Random(f"stall haggle {seed}")
        self.limit = chance.randint(400, 4000)
        self.bid = self.limit - 8 * chance.randint(self.limit // 16, self.limit // 10)
        self.refused = 0
        self.steps = 0
        self.over = False
        return (
            f"The buyer bids {self.bid}. Each refusal brings the next bid half the way to "
            f"what the carpet is worth to her. Ask or accept."
        )

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        """Name a price, or take the bid."""
        if self.over:
            return "The buyer is gone.", 0.0, True, {}
        self.steps += 1
        self.over = self.steps >= self.max_steps
        named = re.fullmatch(r"ask:([0-9]{1,6})", action)
        if not named and action != "accept":
            return f"The buyer waits. Her bid is {self.bid}.", 0.0, self.over, {}
        price = int(named[1]) if named else self.bid
        if price <= self.limit:
            self.over = True
            return f"Sold for {price}.", self._worth(price), True, {}
        self.refused += 1
        if self.refused == PATIENCE:
            self.over = True
            return "The buyer leaves.", 0.0, True, {}
        self.bid += (self.limit - self.bid) // 2
        return f"'Too much.' She bids {self.bid}.", 0.0, self.over, {}

    def _worth(self, price: int) -> float:
        if price == self.limit:
            return 1.0
        return 0.25 if price >= 0.98 * self.limit else 0.0


def oracle(env: Env, seed: int) -> list[str]:
    """Hear one refusal, double the step of the bid, and ask for that."""
    first = env.bid
    second = first + (env.limit - first) // 2
    return ["ask:999999", f"ask:{first + 2 * (second - first)}"]
