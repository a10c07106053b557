"""A question about a list of observations, with the chance to correct a wrong answer."""

import random

ACTIONS = ["page:<int>", "answer:<int>"]
BIRDS = ["heron", "wren", "kite", "plover", "siskin"]


class Env:
    max_steps = 24

    def reset(self, seed: int) -> str:
        chance = random.Random(f"birds {seed}")
        self.pages = [
            [(chance.choice(BIRDS), chance.randint(1, 4)) for _ in range(3)] for _ in range(4)
        ]
        self.bird = chance.choice(BIRDS)
        self.total = sum(count for page in self.pages for bird, count in page if bird == self.bird)
        self.steps = 0
        self.done = False
        return (
            f"The notebook has pages 0 to 3. How many birds of the kind {self.bird} were "
            f"seen in all?"
        )

    def state(self) -> tuple:
        return (self.bird, self.total, self.steps)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The notebook is shut.", 0.0, True, {}
        self.steps += 1
        self.done = self.steps >= self.max_steps
        name, _, rest = action.partition(":")
        if name == "page" and rest in ("0", "1", "2", "3"):
            lines = "; ".join(f"{count} of {bird}" for bird, count in self.pages[int(rest)])
            return f"Page {rest}: {lines}.", 0.0, self.done, {}
        if name == "answer" and rest.isascii() and rest.isdigit() and len(rest) < 5:
            if int(rest) == self.total:
                self.done = True
                return "That is right.", 1.0, True, {}
            return "That is not right; look again.", 0.0, self.done, {}
        return "Not understood.", 0.0, self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    return [*(f"page:{n}" for n in range(4)), f"answer:{env.total}"]
