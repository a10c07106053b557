"""A market trader has to make a profit within a few days by buying low and selling high."""

import random

ACTIONS = ["buy:<int>", "sell:<int>", "sleep"]


class Env:
    max_steps = 14

    def reset(self, seed):
        chance = random.Random(f"stall{seed}")
        self.prices = [chance.randint(5, 40) for _ in range(6)]
        self.prices[chance.randint(1, 2)] = chance.randint(3, 6)
        self.prices[chance.randint(3, 5)] = chance.randint(35, 50)
        self.money, self.sacks, self.day = 100 + chance.randint(0, 60), 0, 0
        best = max(b / a for i, a in enumerate(self.prices) for b in self.prices[i + 1 :])
        self.goal = int(self.money * (1 + 0.6 * (best - 1)))
        self.turn, self.over = 0, False
        listed = ", ".join(map(str, self.prices))
        return (
            f"You have {self.money} coins. A sack of grain costs on the six days: {listed}. Buy "
            f"and sell sacks (buy:N, sell:N), sleep goes on to the next day. Own "
            f"{self.goal} coins at the end of the last day."
        )

    def step(self, action):
        if self.over:
            return "The market is over.", 0.0, True, {}
        self.turn += 1
        name, _, rest = str(action).partition(":")
        price = self.prices[self.day]
        said = "What?"
        if name in ("buy", "sell"):
            try:
                n = int(rest[:6])
            except ValueError:
                return "How many?", 0.0, self.turn >= self.max_steps, {}
            if name == "buy" and n * price <= self.money:
                self.money, self.sacks = self.money - n * price, self.sacks + n
                said = f"You have {self.sacks} sacks and {self.money} coins."
            elif name == "sell" and n <= self.sacks:
                self.money, self.sacks = self.money + n * price, self.sacks - n
                said = f"You have {self.sacks} sacks and {self.money} coins."
            else:
                said = "You cannot afford that."
        elif action == "sleep":
            self.day += 1
            if self.day == len(self.prices):
                self.over = True
                return "The market closes.", float(self.money >= self.goal), True, {}
            said = f"Day {self.day + 1}, a sack costs {self.prices[self.day]}."
        self.over = self.turn >= self.max_steps
        return said, 0.0, self.over, {}


def oracle(env, seed):
    env.reset(seed)
    spans = [(i, j) for i in range(6) for j in range(i + 1, 6)]
    i, j = max(
        spans, key=lambda s: env.money // env.prices[s[0]] * (env.prices[s[1]] - env.prices[s[0]])
    )
    n = env.money // env.prices[i]
    return ["sleep"] * i + [f"buy:{n}"] + ["sleep"] * (j - i) + [f"sell:{n}"] + ["sleep"] * (6 - j)
