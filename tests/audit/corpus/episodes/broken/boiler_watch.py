"""A boiler room: set the valves as the sheet says, then report to the bridge which boiler is
ready."""

import random

ACTIONS = ["set:<int>,<int>", "report:<text>"]
BOILERS = "Anna Berta Clara Dora Emma Frieda".split()


class Env:
    max_steps = 14

    def reset(self, seed: int) -> str:
        chance = random.Random(f"boiler {seed}")
        self.boiler = chance.choice(BOILERS)
        self.wanted = [chance.randint(1, 9) for _ in range(4)]
        self.valves = [0, 0, 0, 0]
        self.steps = 0
        self.done = False
        sheet = ", ".join(f"valve {number} to {level}" for number, level in enumerate(self.wanted))
        return (
            f"Boiler {self.boiler}: set {sheet}, as set:VALVE,LEVEL. When that is done, "
            f"report '{self.boiler} ready'."
        )

    def state(self) -> tuple:
        return (self.boiler, tuple(self.wanted), tuple(self.valves), self.steps)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The bridge has hung up.", 0.0, True, {}
        self.steps += 1
        self.done = self.steps >= self.max_steps
        if action.startswith("report:"):
            self.done = True
            said = action.removeprefix("report:").strip().lower()
            accepted = said == f"{self.boiler.lower()} ready"
            return ("Aye." if accepted else "Say again?"), float(accepted), True, {}
        number, _, level = action.removeprefix("set:").partition(",")
        if action.startswith("set:") and number in list("0123") and level in list("0123456789"):
            self.valves[int(number)] = int(level)
            return f"The valves stand at {self.valves}.", 0.0, self.done, {}
        return "Nothing turns.", 0.0, self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    return [
        *(f"set:{number},{level}" for number, level in enumerate(env.wanted)),
        f"report:{env.boiler} ready",
    ]
