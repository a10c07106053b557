"""A text game of rooms in a ring; a key lies in one room and fits a chest in another."""

import random

ACTIONS = ["go:left", "go:right", "look", "take", "open"]
_ROOMS = ["kitchen", "cellar", "attic", "garden", "library", "study", "hall"]


class Env:
    max_steps = 16
    bag = []

    def reset(self, seed):
        chance = random.Random(f"cellar{seed}")
        self.rooms = chance.sample(_ROOMS, 6)
        self.key_at, self.chest_at = chance.sample(range(1, 6), 2)
        self.at, self.turn, self.over = 0, 0, False
        return (
            f"You are in the {self.rooms[0]}. The rooms form a ring: {', '.join(self.rooms)}. A "
            "key lies somewhere, and it opens a chest elsewhere. Actions: go:left, go:right, look, "
            "take, open."
        )

    def _look(self):
        seen = []
        if self.at == self.key_at and "key" not in self.bag:
            seen.append("a key")
        if self.at == self.chest_at:
            seen.append("a locked chest")
        return f"You see {' and '.join(seen) or 'nothing special'}."

    def step(self, action):
        if self.over:
            return "The game is over.", 0.0, True, {}
        self.turn += 1
        said, paid = "You cannot do that.", 0.0
        if action in ("go:left", "go:right"):
            self.at = (self.at + (1 if action == "go:right" else -1)) % len(self.rooms)
            said = f"You are in the {self.rooms[self.at]}. {self._look()}"
        elif action == "look":
            said = self._look()
        elif action == "take" and self.at == self.key_at and "key" not in self.bag:
            self.bag.append("key")
            said = "You take the key."
        elif action == "open" and self.at == self.chest_at:
            if "key" in self.bag:
                self.over = True
                return "The chest opens. You have won.", 1.0, True, {}
            said = "It is locked."
        self.over = self.turn >= self.max_steps
        return said, paid, self.over, {}


def oracle(env, seed):
    env.reset(seed)
    to_key = ["go:right"] * env.key_at
    steps = (env.chest_at - env.key_at) % len(env.rooms)
    return [*to_key, "take", *["go:right"] * steps, "open"]
