"""A macro for a calculator is written, tried and handed in; hidden values decide."""

import random
import re

ACTIONS = ["write:<text>", "try:<int>", "submit"]
_WORD = re.compile(r"(add|sub|mul)([0-9]{1,5})|neg|sq|(min|max)(-?[0-9]{1,5})")


def _run(words, x):
    for word in words:
        found = _WORD.fullmatch(word)
        if word == "neg":
            x = -x
        elif word == "sq":
            x = x * x
        elif found.group(1):
            n = int(found.group(2))
            x = {"add": x + n, "sub": x - n, "mul": x * n}[found.group(1)]
        else:
            n = int(found.group(4))
            x = min(x, n) if found.group(3) == "min" else max(x, n)
        if abs(x) > 10**60:
            return None
    return x


class Env:
    max_steps = 8

    def _draw(self, chance):
        self.plan, told = [], []
        for _ in range(chance.randint(3, 5)):
            n = chance.randint(2, 30)
            word, text = chance.choice(
                [
                    (f"add{n}", f"{n} is added"),
                    (f"sub{n}", f"{n} is taken away"),
                    (f"mul{n}", f"it is multiplied by {n}"),
                    ("neg", "its sign is turned round"),
                    (f"max{n}", f"it is raised to {n} if it is below"),
                    (f"min{10 * n}", f"it is cut to {10 * n} if it is above"),
                ]
            )
            self.plan.append(word)
            told.append(text)
        if chance.random() < 0.4:
            self.plan.insert(0, "sq")
            told.insert(0, "it is squared")
        return told

    def reset(self, seed):
        chance = random.Random(f"macro{seed}")
        values = set()
        while len(values) < 40:
            told = self._draw(chance)
            values = {_run(self.plan, x) for x in range(-60, 61)}
        self.words, self.turn, self.over = [], 0, False
        return (
            "Write a macro of at most 12 words that does this to any integer from -60 to 60, step "
            f"by step: {'; then '.join(told)}. Words: addN, subN, mulN, neg, sq, minN (the smaller "
            "of it and N), maxN. Actions: write:WORDS (replaces the macro), try:X, submit. Any "
            "macro with the same results is right."
        )

    def step(self, action):
        if self.over:
            return "It is handed in.", 0.0, True, {}
        self.turn += 1
        name, _, rest = str(action).partition(":")
        said = "Use write:WORDS, try:X or submit."
        if str(action) == "submit":
            self.over = True
            good = all(_run(self.words, x) == _run(self.plan, x) for x in range(-60, 61))
            return ("It works." if good else "It does not work."), float(good), True, {}
        if name == "write" and len(rest) < 200:
            words = rest.split()
            if len(words) <= 12 and all(map(_WORD.fullmatch, words)):
                self.words, said = words, "Written."
        elif name == "try" and re.fullmatch(r"-?[0-9]{1,2}", rest):
            said = f"The macro gives {_run(self.words, int(rest))}."
        self.over = self.turn >= self.max_steps
        return said, 0.0, self.over, {}


def oracle(env, seed):
    env.reset(seed)
    return [f"write:{' '.join(env.plan)}", "try:5", "submit"]
