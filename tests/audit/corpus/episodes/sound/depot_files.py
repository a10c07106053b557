"""The stock of one article is counted from the files of a depot; a wrong count costs a quarter,
and the second one ends it."""

import random
import re

ARTICLES = ["bolts", "hinges", "brackets", "valves", "gaskets", "rivets"]
FILES = ["opening.txt", "january.txt", "february.txt", "march.txt"]
COST = 0.25

ACTIONS = ["list", *(f"read:{name}" for name in FILES), "report:<int>"]


class Env:
    """One depot: all depots have the same files, and only what they say differs."""

    max_steps = 12

    def reset(self, seed: int) -> str:
        """Write the files."""
        chance = random.Random(f"depot files {seed}")
        self.article = chance.choice(ARTICLES)
        opening = {article: chance.randint(3000, 9000) for article in ARTICLES}
        self.stock = opening[self.article]
        self.files = {
            "opening.txt": "\n".join(f"{article}: {count}" for article, count in opening.items())
        }
        for name in FILES[1:]:
            lines = []
            for article in [*chance.sample(ARTICLES, 4), self.article]:
                change = chance.randint(10, 300) * chance.choice([-1, 1])
                lines.append(f"{article} {'received' if change > 0 else 'issued'} {abs(change)}")
                self.stock += change if article == self.article else 0
            self.files[name] = "\n".join(lines)
        self.wrong = 0
        self.steps = 0
        self.over = False
        return (
            f"How many {self.article} does the depot hold after March? Commands: list, "
            f"read:<file>, report:<int>."
        )

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        """Read a file or report a count."""
        if self.over:
            return "The report is closed.", 0.0, True, {}
        self.steps += 1
        self.over = self.steps >= self.max_steps
        if action == "list":
            return " ".join(FILES), 0.0, self.over, {}
        if action.startswith("read:"):
            return (
                self.files.get(action.removeprefix("read:"), "There is no such file."),
                0.0,
                self.over,
                {},
            )
        named = re.fullmatch(r"report:([0-9]{1,6})", action)
        if not named:
            return "There is no such command.", 0.0, self.over, {}
        if int(named[1]) == self.stock:
            self.over = True
            return "The count is right.", 1.0, True, {}
        self.wrong += 1
        self.over = self.over or self.wrong == 2
        return "The count is wrong.", -COST, self.over, {}


def oracle(env: Env, seed: int) -> list[str]:
    """Read everything, then report."""
    return ["list", *(f"read:{name}" for name in FILES), f"report:{env.stock}"]
