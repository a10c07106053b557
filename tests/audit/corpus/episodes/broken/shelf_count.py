"""Stocktaking: enter how many of each thing stand on six shelves; the sheet is marked when it is
handed in."""

import random

ACTIONS = ["enter:<int>,<int>", "hand in"]
THINGS = "jars boxes tins sacks rolls crates".split()


class Env:
    max_steps = 16

    def reset(self, seed: int) -> str:
        chance = random.Random(f"stock {seed}")
        self.rows = [[chance.randint(3, 19) for _ in range(3)] for _ in THINGS]
        self.sheet: dict[int, int] = {}
        self.steps = 0
        self.done = False
        shelves = "; ".join(
            f"{place}: {thing} {' + '.join(map(str, row))}"
            for place, (thing, row) in enumerate(zip(THINGS, self.rows, strict=True))
        )
        return (
            f"Shelves, front + middle + back: {shelves}. Enter the total of every shelf as "
            f"enter:SHELF,TOTAL and hand in the sheet."
        )

    def state(self) -> tuple:
        return (tuple(map(tuple, self.rows)), tuple(sorted(self.sheet.items())), self.steps)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The sheet was handed in.", 0.0, True, {}
        self.steps += 1
        self.done = self.steps >= self.max_steps
        if action == "hand in":
            self.done = True
            right = sum(total == sum(self.rows[place]) for place, total in self.sheet.items())
            return "Thank you.", round(right / max(1, len(self.sheet)), 4), True, {}
        place, comma, total = action.removeprefix("enter:").partition(",")
        if (
            not action.startswith("enter:")
            or not comma
            or place not in list("012345")
            or not (total.isascii() and total.isdigit() and len(total) < 4)
        ):
            return "The sheet has no such line.", 0.0, self.done, {}
        self.sheet[int(place)] = int(total)
        return f"Entered: {THINGS[int(place)]} {int(total)}.", 0.0, self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    return [*(f"enter:{place},{sum(row)}" for place, row in enumerate(env.rows)), "hand in"]
