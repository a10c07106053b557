"""Eight pairs of planks, one of each pair is safe; a monkey tells before each step what it saw."""

import random

ACTIONS = ["left", "right", "ask"]
_TALK = {
    "left": ["The left one held me.", "Something cracked on the right.", "Keep left here."],
    "right": ["The right one held me.", "Something cracked on the left.", "Keep right here."],
}
_SAFE = [random.Random("planks").choice(["left", "right"]) for _ in range(3)] + [
    "right",
    "left",
    "left",
    "right",
    "left",
]


class Env:
    max_steps = 18

    def __init__(self):
        self.safe = list(_SAFE)

    def reset(self, seed):
        chance = random.Random(f"bridge{seed}")
        self.name = chance.choice(["Koko", "Bibi", "Momo", "Zaza"])
        self.words = [chance.choice(_TALK[side]) for side in self.safe]
        self.at, self.over, self.turn = 0, False, 0
        return (
            f"A hanging bridge has eight pairs of planks. {self.name} the monkey crossed it and "
            "can be asked before every step. Step left or right; a rotten plank is the end."
        )

    def step(self, action):
        if self.over:
            return "The walk is over.", 0.0, True, {}
        self.turn += 1
        if action == "ask":
            self.over = self.turn >= self.max_steps
            return f"{self.name}: {self.words[self.at]}", 0.0, self.over, {}
        if action not in ("left", "right"):
            self.over = self.turn >= self.max_steps
            return "You hesitate.", 0.0, self.over, {}
        if action != self.safe[self.at]:
            self.over = True
            return "The plank breaks.", 0.0, True, {}
        self.at += 1
        if self.at == len(self.safe):
            self.over = True
            return "You are across.", 1.0, True, {}
        self.over = self.turn >= self.max_steps
        return f"Plank {self.at} holds.", 0.0, self.over, {}


def oracle(env, seed):
    env.reset(seed)
    return [move for side in env.safe for move in ("ask", side)]
