"""Eight parcels come along a belt, and each goes to the chute of its district by the table of
the day."""

import random
import re
from typing import ClassVar

DISTRICTS = ["Ash", "Birch", "Cedar", "Elm", "Hazel"]
PARCELS = 8

ACTIONS = ["chute:<int>", "look"]


class Env:
    """One belt of parcels; paid when all of them went the right way."""

    max_steps = 12
    table: ClassVar[dict[str, int]] = {}

    def reset(self, seed: int) -> str:
        """Draw the parcels of the belt, and give every district its chute."""
        chance = random.Random(f"sorting hub {seed}")
        self.belt = [chance.choice(DISTRICTS) for _ in range(PARCELS)]
        for district, chute in zip(DISTRICTS, chance.sample(range(1, 6), 5), strict=True):
            self.table.setdefault(district, chute)
        self.sent: list[int] = []
        self.steps = 0
        self.over = False
        return self._view("The belt starts.")

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        """Send the next parcel down a chute."""
        if self.over:
            return "The belt stands still.", 0.0, True, {}
        self.steps += 1
        named = re.fullmatch(r"chute:([1-5])", action)
        if named:
            self.sent.append(int(named[1]))
        complete = len(self.sent) == PARCELS
        self.over = complete or self.steps >= self.max_steps
        reward = float(complete and self.sent == [self.table[district] for district in self.belt])
        text = f"Sent down chute {named[1]}." if named else "The parcel waits."
        return ("The belt is empty." if complete else self._view(text)), reward, self.over, {}

    def _view(self, text: str) -> str:
        table = ", ".join(f"{district} {chute}" for district, chute in self.table.items())
        return f"{text}\nChutes today: {table}\nNext parcel: {self.belt[len(self.sent)]}"


def oracle(env: Env, seed: int) -> list[str]:
    """Look every parcel up."""
    return [f"chute:{env.table[district]}" for district in env.belt]
