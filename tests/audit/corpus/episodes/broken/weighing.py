"""A laboratory scale that is out of zero: weigh one sample of five and report its weight."""

import random
import re
from typing import Any

ACTIONS = ["load:<int>", "unload", "zero", "read", "report:<int>"]
LOAD = re.compile(r"load:([1-5])", re.ASCII)
REPORT = re.compile(r"report:(-?[0-9]{1,5})", re.ASCII)
SAMPLES = 5


class Env:
    max_steps = 12

    def reset(self, seed: int) -> str:
        chance = random.Random(f"weighing {seed}")
        self._weights = [chance.randint(120, 980) for _ in range(SAMPLES)]
        self._drift = chance.choice((-1, 1)) * chance.randint(7, 60)
        self._wanted = chance.randint(1, SAMPLES)
        self._loaded: int | None = None
        self._steps, self._done = 0, False
        return (
            f"Report the weight of sample {self._wanted} of {SAMPLES} in grams, with the "
            f"sample on the scale. The empty scale may not show 0."
        )

    def wanted(self) -> int:
        return self._wanted

    def weight(self, number: int) -> int:
        return self._weights[number - 1]

    def _shown(self) -> int:
        return (self.weight(self._loaded) if self._loaded else 0) + self._drift

    def _report(self, grams: int) -> float:
        """A report is right if it is the wanted sample that was weighed and its weight that is
        told.
        """
        return float(self._loaded == self._wanted and grams == self._shown())

    def _work(self, action: str) -> str:
        if match := LOAD.fullmatch(action):
            if self._loaded:
                return "The scale is not empty."
            self._loaded = int(match[1])
            return f"Sample {self._loaded} lies on the scale."
        if action == "unload":
            self._loaded = None
            return "The scale is empty."
        if action == "zero":
            self._drift -= self._shown()
            return "The scale shows 0."
        return f"The scale shows {self._shown()}." if action == "read" else "No such action."

    def step(self, action: str) -> tuple[str, float, bool, dict[str, Any]]:
        if self._done:
            return "The work is over.", 0.0, True, {}
        self._steps += 1
        self._done = self._steps >= self.max_steps
        if match := REPORT.fullmatch(action):
            self._done = True
            return "Your report is filed.", self._report(int(match[1])), True, {}
        return self._work(action), 0.0, self._done, {}

    def state(self) -> tuple[Any, ...]:
        return (
            tuple(self._weights),
            self._drift,
            self._wanted,
            self._loaded,
            self._steps,
            self._done,
        )


def oracle(env: Env, seed: int) -> list[str]:
    return ["zero", f"load:{env.wanted()}", "read", f"report:{env.weight(env.wanted())}"]
