"""Grain trading: buy where it is cheap, sell where it is dear, close the book."""

import random

ACTIONS = ["prices", "travel:<text>", "buy:<int>", "sell:<int>", "close"]
TOWNS = ["Arlen", "Brock", "Cadiz", "Dover"]


class Env:
    max_steps = 15

    def reset(self, seed):
        r = random.Random(f"grain{seed}")
        self.price = dict(zip(TOWNS, r.sample(range(5, 40), len(TOWNS))))
        self.town = r.choice(TOWNS)
        self.cash = self.start = r.randint(200, 900)
        self.store = 0
        lo, hi = min(self.price.values()), max(self.price.values())
        self.target = self.cash // lo * (hi - lo)
        self.t, self.done = 0, False
        return (
            f"You trade grain with {self.cash} coins in {self.town}. Towns: "
            f"{', '.join(TOWNS)}. Prices are shown only for the town you "
            f"are in. Earn a profit of {self.target} by trading (one round trip "
            f"between the right towns does it), then close."
        )

    def step(self, action):
        if self.done:
            return "The book is closed.", 0.0, True, {}
        self.t += 1
        reward, obs = 0.0, "Unknown order."
        verb, _, arg = action.partition(":")
        p = self.price[self.town]
        if verb == "prices":
            obs = f"{self.town}: grain at {p}. You hold {self.store} sacks and {self.cash} coins."
        elif verb == "travel" and arg in TOWNS:
            self.town = arg
            obs = f"You arrive in {arg}; grain at {self.price[arg]}."
        elif verb in ("buy", "sell"):
            try:
                n = int(arg)
            except ValueError:
                return "How many?", 0.0, self.t >= self.max_steps, {}
            if verb == "buy" and n * p <= self.cash:
                self.cash, self.store, obs = self.cash - n * p, self.store + n, "Done."
            elif verb == "sell" and 0 < n <= self.store:
                self.cash, self.store, obs = self.cash + n * p, self.store - n, "Done."
            else:
                obs = "Not possible."
        elif verb == "close":
            self.done = True
            reward = 1.0 if self.cash - self.start >= self.target else 0.0
            obs = f"Final profit {self.cash - self.start}."
        self.done = self.done or self.t >= self.max_steps
        return obs, reward, self.done, {}


def oracle(env, seed):
    env.reset(seed)
    lo, hi = min(TOWNS, key=env.price.get), max(TOWNS, key=env.price.get)
    n = env.cash // env.price[lo]
    return ["travel:" + t for t in TOWNS] + [
        "travel:" + lo,
        f"buy:{n}",
        "travel:" + hi,
        f"sell:{n}",
        "close",
    ]
