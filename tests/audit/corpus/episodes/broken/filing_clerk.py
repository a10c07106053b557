"""Papers to be moved into their folders, with a reward for each paper that is filed."""

import random

ACTIONS = ["move:<int>,<int>", "look"]
PAPERS, FOLDERS = 5, 3


class Env:
    max_steps = 30

    def reset(self, seed: int) -> str:
        chance = random.Random(f"clerk {seed}")
        self.home = [chance.randrange(FOLDERS) for _ in range(PAPERS)]
        self.place: list[int | None] = [None] * PAPERS
        self.steps = 0
        self.done = False
        return self._view()

    def _view(self) -> str:
        lines = [
            f"paper {n} belongs in folder {home} and lies in {place}"
            for n, (home, place) in enumerate(zip(self.home, self.place, strict=True))
        ]
        return "\n".join(lines).replace("None", "the tray")

    def state(self) -> tuple:
        return (tuple(self.home), tuple(self.place), self.steps)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The office is closed.", 0.0, True, {}
        self.steps += 1
        gained = 0.0
        name, _, rest = action.partition(":")
        parts = rest.split(",")
        if (
            name == "move"
            and len(parts) == 2
            and all(part.isascii() and part.isdigit() and len(part) < 3 for part in parts)
        ):
            paper, folder = map(int, parts)
            if paper < PAPERS and folder < FOLDERS and self.place[paper] != folder:
                self.place[paper] = folder
                gained = 1 / PAPERS if folder == self.home[paper] else 0.0
        self.done = self.place == self.home or self.steps >= self.max_steps
        return self._view(), gained, self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    return [f"move:{paper},{folder}" for paper, folder in enumerate(env.home)]
