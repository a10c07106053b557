"""The update of a server after a run book: stop, back up, migrate to the version of the ticket,
start, close the ticket."""

import random

ACTIONS = ["stop", "backup:<int>", "migrate:<int>", "start", "close"]


class Env:
    max_steps = 12

    def reset(self, seed: int) -> str:
        chance = random.Random(f"server {seed}")
        self.version, self.wanted = chance.sample(range(40, 90), 2)
        self.slot = chance.randint(1, 8)
        self.running = True
        self.backups: dict[int, int] = {}
        self.steps = 0
        self.done = False
        return (
            f"The server runs version {self.version}. Stop it, back it up to slot "
            f"{self.slot}, migrate it to version {self.wanted}, start it "
            "and close the ticket. A migration without a backup cannot be undone, so "
            "none may be made."
        )

    def state(self) -> tuple:
        return (
            self.version,
            self.wanted,
            self.running,
            tuple(self.backups.items()),
            self.slot,
            self.steps,
        )

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The ticket is closed.", 0.0, True, {}
        self.steps += 1
        self.done = self.steps >= self.max_steps
        verb, _, rest = action.partition(":")
        number = int(rest) if rest.isascii() and rest.isdigit() and len(rest) < 4 else None
        if action == "close":
            self.done = True
            return (
                "The ticket is closed.",
                1.0 if self.running and self.version == self.wanted else 0.0,
                True,
                {},
            )
        if verb in ("stop", "start") and not rest:
            self.running = verb == "start"
            return f"The server is {'up' if self.running else 'down'}.", 0.0, self.done, {}
        if number is None or self.running:
            return "The server refuses.", 0.0, self.done, {}
        if verb == "backup" and 1 <= number <= 8:
            self.backups[number] = self.version
            return f"Slot {number} holds version {self.version}.", 0.0, self.done, {}
        if verb == "migrate":
            self.version = number
            return f"The data is at version {number}.", 0.0, self.done, {}
        return "The server refuses.", 0.0, self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    return ["stop", f"backup:{env.slot}", f"migrate:{env.wanted}", "start", "close"]
