"""Eight pots of herbs get one treatment each by their readings; what is right is counted once,
at the end."""

import random
import re

POTS = 8
TREATMENTS = ["water", "shade", "feed", "repot"]
PAID = {POTS: 1.0, POTS - 1: 0.5, POTS - 2: 0.25}

ACTIONS = ["treat:<int>,<int>", "finish"]


class Env:
    """One bench: every treatment is right for two pots; fewer than six right pots are worth
    nothing.
    """

    max_steps = 20

    def reset(self, seed: int) -> str:
        """Draw the readings, two pots for each treatment."""
        chance = random.Random(f"herb pots {seed}")
        self.right = chance.sample([0, 0, 1, 1, 2, 2, 3, 3], POTS)
        dry, hot, poor = chance.randint(20, 40), chance.randint(24, 30), chance.randint(3, 6)
        lines = []
        for pot, treatment in enumerate(self.right):
            moisture = chance.randint(1, dry - 1) if treatment == 0 else chance.randint(dry, 90)
            heat = (
                chance.randint(10, 39)
                if treatment == 0
                else chance.randint(hot + 1, 39)
                if treatment == 1
                else chance.randint(10, hot)
            )
            feed = (
                chance.randint(0, 9)
                if treatment < 2
                else chance.randint(0, poor - 1)
                if treatment == 2
                else chance.randint(poor, 9)
            )
            lines.append(f"Pot {pot}: moisture {moisture}, heat {heat}, feed {feed}")
        self.given: dict[int, int] = {}
        self.steps = 0
        self.over = False
        rule = (
            f"Below moisture {dry}: 0 (water). Else above heat {hot}: 1 (shade). Else below "
            f"feed {poor}: 2 (feed). Else: 3 (repot)."
        )
        return (
            f"{rule}\n"
            + "\n".join(lines)
            + "\n'treat:pot,treatment', then 'finish'. The last treatment of a pot counts."
        )

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        """Treat a pot or finish."""
        if self.over:
            return "The bench is cleared.", 0.0, True, {}
        self.steps += 1
        self.over = self.steps >= self.max_steps or action == "finish"
        named = re.fullmatch(r"treat:([0-7]),([0-3])", action)
        if named:
            self.given[int(named[1])] = int(named[2])
        reward = 0.0
        if action == "finish":
            reward = PAID.get(
                sum(self.given.get(pot) == treatment for pot, treatment in enumerate(self.right)),
                0.0,
            )
        return f"{len(self.given)} of {POTS} pots are treated.", reward, self.over, {}

    def state(self) -> str:
        """What was given so far."""
        return f"{sorted(self.given.items())} {self.steps} {self.over}"


def oracle(env: Env, seed: int) -> list[str]:
    """Treat by the rule and finish."""
    return [*(f"treat:{pot},{treatment}" for pot, treatment in enumerate(env.right)), "finish"]
