"""A workshop: measure a machine at some points and name the part that has failed."""

import random
import re
from typing import Any

ACTIONS = ["measure:<int>", "name:<int>"]
CALL = re.compile(r"(measure|name):([1-9])", re.ASCII)
PARTS = ("pump", "valve", "belt", "gear", "coil", "fuse", "seal", "relay")
POINTS = 3


def _readings(part: int, chance: random.Random) -> list[str]:
    """Each point tells one bit of the part that has failed, in words that vary."""
    words = (("low", "weak", "falling"), ("high", "strong", "rising"))
    return [chance.choice(words[part >> point & 1]) for point in range(POINTS)]


class Env:
    max_steps = 12

    def reset(self, seed: int) -> str:
        chance = random.Random(f"workshop {seed}")
        self._failed = chance.randrange(len(PARTS))
        self._readings = _readings(self._failed, chance)
        self._steps, self._done = 0, False
        rules = [
            f"{number}. {part}: "
            + ", ".join("high" if (number - 1) >> point & 1 else "low" for point in range(POINTS))
            for number, part in enumerate(PARTS, 1)
        ]
        head = (
            f"One part has failed. Measure the points 1 to {POINTS} (low, weak, falling are "
            f"low) and name the part by its number."
        )
        return head + "\n" + "\n".join(rules)

    def failed(self) -> int:
        return self._failed + 1

    def _call(self, tool: str, number: int) -> tuple[str, float]:
        if tool == "measure":
            return (
                f"Point {number} is {self._readings[number - 1]}."
                if number <= POINTS
                else "There is no such point."
            ), 0.0
        if number > len(PARTS):
            return "There is no such part.", 0.0
        if number != self.failed():
            return f"The {PARTS[number - 1]} is in order; the machine still stands.", 0.0
        self._done = True
        return f"The {PARTS[number - 1]} is replaced and the machine runs.", 1.0

    def step(self, action: str) -> tuple[str, float, bool, dict[str, Any]]:
        if self._done:
            return "The job is over.", 0.0, True, {}
        self._steps += 1
        match = CALL.fullmatch(action)
        text, reward = self._call(match[1], int(match[2])) if match else ("No such action.", 0.0)
        self._done = self._done or self._steps >= self.max_steps
        return text, reward, self._done, {}

    def state(self) -> tuple[Any, ...]:
        return self._failed, tuple(self._readings), self._steps, self._done


def oracle(env: Env, seed: int) -> list[str]:
    return [*(f"measure:{point}" for point in range(1, POINTS + 1)), f"name:{env.failed()}"]
