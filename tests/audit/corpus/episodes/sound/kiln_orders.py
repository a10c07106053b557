"""Seven orders share one kiln, each with a firing time and a promised hour; any sequence that
keeps every promise is right."""

import random
import re

NAMES = ["tiles", "bowls", "jugs", "bricks", "plates", "lamps", "beads"]
JOBS = len(NAMES)

ACTIONS = ["fire:<int>"]


class Env:
    """One day: a broken promise ends it."""

    max_steps = 10

    def reset(self, seed: int) -> str:
        """Draw orders until at least four sequences keep all promises, and not more than forty
        of the 5040.
        """
        chance = random.Random(f"kiln orders {seed}")
        while True:
            self.hours = [chance.randint(1, 5) for _ in NAMES]
            clock, self.due = 0, [0] * JOBS
            for job in chance.sample(range(JOBS), JOBS):
                clock += self.hours[job]
                self.due[job] = clock + chance.randint(0, 3)
            if 4 <= _sequences(self.hours, self.due) <= 40:
                break
        names = chance.sample(NAMES, JOBS)
        self.fired: list[int] = []
        self.steps = 0
        self.over = False
        listed = "\n".join(
            f"{job}: {names[job]}, fires {self.hours[job]} h, promised for hour {self.due[job]}"
            for job in range(JOBS)
        )
        return f"The kiln is free from hour 0 on and fires one order at a time.\n{listed}"

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        """Fire one order."""
        if self.over:
            return "The kiln is cold.", 0.0, True, {}
        self.steps += 1
        self.over = self.steps >= self.max_steps
        named = re.fullmatch(r"fire:([0-6])", action)
        if not named or int(named[1]) in self.fired:
            return "There is no such order.", 0.0, self.over, {}
        job = int(named[1])
        self.fired.append(job)
        clock = sum(self.hours[done] for done in self.fired)
        if clock > self.due[job]:
            self.over = True
            return "Too late for this order; the customers leave.", 0.0, True, {}
        complete = len(self.fired) == JOBS
        self.over = self.over or complete
        return f"Ready at hour {clock}.", float(complete), self.over, {}


def _sequences(hours: list[int], due: list[int]) -> int:
    """Count the sequences that keep all promises, over sets of orders that are done."""
    ways = [1] + [0] * (2**JOBS - 1)
    for done in range(2**JOBS):
        if ways[done]:
            clock = sum(hours[job] for job in range(JOBS) if done >> job & 1)
            for job in range(JOBS):
                if not done >> job & 1 and clock + hours[job] <= due[job]:
                    ways[done | 1 << job] += ways[done]
    return ways[-1]


def oracle(env: Env, seed: int) -> list[str]:
    """Fire what is promised first."""
    return [f"fire:{job}" for job in sorted(range(JOBS), key=lambda job: env.due[job])]
