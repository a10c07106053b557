"""Figures of a ledger are read with tools, computed with, and the result is answered."""

import random

ACTIONS = ["read:<text>", "add:<text>", "times:<text>", "answer:<text>"]
_LINES = ["rent", "wages", "power", "paper", "travel", "repairs"]


class Env:
    max_steps = 12

    def reset(self, seed):
        chance = random.Random(f"ledger{seed}")
        self.book = {line: round(chance.uniform(50, 2500), 2) for line in _LINES}
        self.lines = chance.sample(_LINES, 3)
        self.months = chance.randint(3, 11)
        self.value = round(sum(self.book[line] for line in self.lines) * self.months, 2)
        self.turn, self.over = 0, False
        return (
            f"The ledger has monthly figures for {', '.join(_LINES)}. What do "
            f"{', '.join(self.lines)} come to in {self.months} months together? Tools: read:LINE, "
            "add:A,B,..., times:A,B. Reply with answer:NUMBER, exact to 0.05."
        )

    def _tool(self, name, rest):
        if name == "read":
            line = rest.strip().lower()
            return f"{self.book[line]:.2f}" if line in self.book else "There is no such line."
        try:
            numbers = [float(part) for part in rest.split(",")[:10]]
        except ValueError:
            return "These are not numbers."
        if name == "add":
            return f"{sum(numbers):.2f}"
        out = 1.0
        for number in numbers:
            out *= number
        return f"{out:.2f}"

    def step(self, action):
        if self.over:
            return "It is answered.", 0.0, True, {}
        self.turn += 1
        name, _, rest = str(action).partition(":")
        if name == "answer":
            self.over = True
            try:
                said = float(rest.replace(",", "").replace("$", ""))
            except ValueError:
                return "That is not a number.", 0.0, True, {}
            if abs(said - self.value) > 0.05:
                return "Wrong.", 0.0, True, {}
            return "Right.", 1.0, True, {}
        text = self._tool(name, rest) if name in ("read", "add", "times") else "Unknown tool."
        self.over = self.turn >= self.max_steps
        return text, 0.0, self.over, {}


def oracle(env, seed):
    env.reset(seed)
    numbers = [f"{env.book[line]:.2f}" for line in env.lines]
    reads = [f"read:{line}" for line in env.lines]
    total = sum(env.book[line] for line in env.lines)
    return [
        *reads,
        f"add:{','.join(numbers)}",
        f"times:{total:.2f},{env.months}",
        f"answer:{env.value}",
    ]
