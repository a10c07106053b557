"""A house whose rooms form a ring; a number found in one room opens the chest in another."""

import random

ACTIONS = ["go:left", "go:right", "look", "open:<int>"]
_ROOMS = ["kitchen", "parlour", "attic", "pantry", "library", "study", "hall", "nursery"]


class Env:
    max_steps = 18

    def reset(self, seed):
        chance = random.Random(f"ring{seed}")
        self.rooms = chance.sample(_ROOMS, 7)
        self.note_at, self.chest_at, other = chance.sample(range(7), 3)
        self.number = chance.randint(100, 999)
        self.things = {
            self.note_at: f"a note with the number {self.number}",
            self.chest_at: "a chest with a lock of three digits",
            other: "a calendar with the number " + str(chance.randint(100, 999) * 10),
        }
        self.at, self.turn, self.over = 0, 0, False
        return (
            f"You are in the {self.rooms[0]} of a house whose rooms form a ring (to the right): "
            f"{', '.join(self.rooms)}. Somewhere is a chest, somewhere the number that opens it. "
            "Actions: go:left, go:right, look, open:NUMBER (where the chest is, one try only)."
        )

    def step(self, action):
        if self.over:
            return "The game is over.", 0.0, True, {}
        self.turn += 1
        action = str(action)
        said = "You cannot do that."
        if action in ("go:left", "go:right"):
            self.at = (self.at + (1 if action == "go:right" else -1)) % 7
            said = f"You are in the {self.rooms[self.at]}."
        elif action == "look":
            said = f"You see {self.things.get(self.at, 'nothing of use')}."
        elif action.startswith("open:") and self.at == self.chest_at:
            self.over = True
            good = action == f"open:{self.number}"
            return ("The chest opens." if good else "The lock jams."), float(good), True, {}
        self.over = self.turn >= self.max_steps
        return said, 0.0, self.over, {}


def oracle(env, seed):
    env.reset(seed)

    def walk(start, goal):
        right = (goal - start) % 7
        return ["go:right"] * right if right <= 3 else ["go:left"] * (7 - right)

    there, back = walk(0, env.note_at), walk(env.note_at, env.chest_at)
    return [*there, "look", *back, "look", f"open:{env.number}"]
