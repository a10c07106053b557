"""One well is drilled after four soundings: water rises evenly towards the vein, but nobody
knows how high."""

import random
import re

SITES = 80
SOUNDINGS = 4

ACTIONS = ["sound:<int>", "drill:<int>"]


class Env:
    """One field: a blind hole hits the vein at one site in eighty, and only the first hole is
    paid for.
    """

    max_steps = 8

    def reset(self, seed: int) -> str:
        """Lay the vein."""
        chance = random.Random(f"well drilling {seed}")
        self.vein = chance.randrange(SITES)
        self.height = chance.randint(300, 900)
        self.slope = chance.randint(2, 3)
        self.left = SOUNDINGS
        self.steps = 0
        self.over = False
        return (
            f"Sites 0 to {SITES - 1}. Water stands highest at the vein and falls by "
            f"{self.slope} for each site away from it. Drill once."
        )

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        """Sound the water somewhere, or drill."""
        if self.over:
            return "The drill is gone.", 0.0, True, {}
        self.steps += 1
        self.over = self.steps >= self.max_steps
        named = re.fullmatch(r"(sound|drill):([0-9]{1,2})", action)
        if not named or int(named[2]) >= SITES:
            return "There is no such site.", 0.0, self.over, {}
        site = int(named[2])
        if named[1] == "drill":
            self.over = True
            return "The hole is drilled.", float(site == self.vein), True, {}
        if self.left == 0:
            return "The sounding line is worn out.", 0.0, self.over, {}
        self.left -= 1
        level = self.height - self.slope * abs(site - self.vein)
        return f"Water at {level}. Soundings left: {self.left}.", 0.0, self.over, {}


def oracle(env: Env, seed: int) -> list[str]:
    """Sound both ends, work out the vein and drill."""
    first, last = (env.height - env.slope * abs(site - env.vein) for site in (0, SITES - 1))
    vein = (SITES - 1 + (last - first) // env.slope) // 2
    return ["sound:0", f"sound:{SITES - 1}", f"drill:{vein}"]
