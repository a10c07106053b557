"""A watchman walks a long corridor at night, tries the doors on his sheet and keeps the logbook."""

import random
import re

DOORS = 12

ACTIONS = ["east", "west", "log:<int>", "sign off"]


class Env:
    """One round: every door on the sheet has to be in the logbook when the watchman signs off."""

    max_steps = 50

    def reset(self, seed: int) -> str:
        """Write the sheet of the night."""
        chance = random.Random(f"night rounds {seed}")
        self.sheet = sorted(chance.sample(range(DOORS), 5))
        self.place = chance.randrange(DOORS)
        self.logbook: set[int] = set()
        self.steps = 0
        self.over = False
        return f"Tonight: doors {', '.join(map(str, self.sheet))}. {self._view()}"

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        """Walk, write into the logbook or sign off."""
        if self.over:
            return "The round is over.", 0.0, True, {}
        self.steps += 1
        self.over = self.steps >= self.max_steps or action == "sign off"
        if action == "sign off":
            done = set(self.sheet) <= self.logbook
            return (
                ("Good night." if done else "Doors are missing in the logbook."),
                float(done),
                True,
                {},
            )
        named = re.fullmatch(r"log:([0-9]{1,2})", action)
        if action == "east":
            self.place = min(self.place + 1, DOORS - 1)
        elif action == "west":
            self.place = max(self.place - 1, 0)
        elif named and int(named[1]) in self.sheet:
            self.logbook.add(int(named[1]))
        return self._view(), 0.0, self.over, {}

    def _view(self) -> str:
        written = ", ".join(map(str, sorted(self.logbook))) or "nothing"
        return f"You are at door {self.place} of 0 to {DOORS - 1}. In the logbook: {written}."


def oracle(env: Env, seed: int) -> list[str]:
    """Walk to each door and log it."""
    place, plan = env.place, []
    for door in env.sheet if place <= env.sheet[2] else env.sheet[::-1]:
        plan += ["east" if door > place else "west"] * abs(door - place) + [f"log:{door}"]
        place = door
    return [*plan, "sign off"]
