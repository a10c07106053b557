"""A refund desk judged by the state of its books when the case is closed."""

import random

ACTIONS = ["read:<int>", "refund:<int>", "replace:<int>", "close"]
ORDERS = 6


class Env:
    max_steps = 12

    def reset(self, seed: int) -> str:
        chance = random.Random(f"desk {seed}")
        self.age = [chance.randint(1, 60) for _ in range(ORDERS)]
        self.fault = [chance.random() < 0.6 for _ in range(ORDERS)]
        self.status = ["delivered"] * ORDERS
        self.case = chance.randrange(ORDERS)
        self.wish = chance.choice(["refund", "replace"])
        self.steps = 0
        self.done = False
        verb = {"refund": "their money back", "replace": "a new one"}[self.wish]
        return (
            f"The customer of order {self.case} wants {verb}. Orders up to 30 days old "
            f"are refunded on request; "
            "faulty goods of any age are replaced; everything else stays as it is. Close "
            "the case when the books are right."
        )

    def state(self) -> tuple:
        return tuple(self.status)

    def wanted(self) -> list[str]:
        entitled = self.age[self.case] <= 30 if self.wish == "refund" else self.fault[self.case]
        books = ["delivered"] * ORDERS
        if entitled:
            books[self.case] = {"refund": "refunded", "replace": "replaced"}[self.wish]
        return books

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The case is closed.", 0.0, True, {}
        self.steps += 1
        if action == "close":
            self.done = True
            return "The case is closed.", 1.0 if self.status == self.wanted() else 0.0, True, {}
        self.done = self.steps >= self.max_steps
        name, _, rest = action.partition(":")
        if name not in ("read", "refund", "replace") or not (
            rest.isascii() and rest.isdigit() and len(rest) < 3 and int(rest) < ORDERS
        ):
            return "Not understood.", 0.0, self.done, {}
        order = int(rest)
        if name != "read":
            self.status[order] = {"refund": "refunded", "replace": "replaced"}[name]
        report = (
            f"Order {order}: {self.age[order]} days old, "
            f"{'faulty' if self.fault[order] else 'in working order'}, {self.status[order]}."
        )
        return report, 0.0, self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    changed = [
        f"{env.wish}:{order}" for order, status in enumerate(env.wanted()) if status != "delivered"
    ]
    return [f"read:{env.case}", *changed, "close"]
