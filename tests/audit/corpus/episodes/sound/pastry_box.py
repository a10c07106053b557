"""Pastry box: six pastries for exactly the money given. Several boxes may be right; the
commands are read forgivingly."""

import itertools
import random

ACTIONS = ["price:<text>", "add:<text>", "remove:<text>", "box", "pay"]
ITEMS = ["eclair", "brioche", "muffin", "scone", "strudel"]


class Env:
    max_steps = 40

    def reset(self, seed):
        r = random.Random(f"pastry{seed}")
        self.price = {i: r.randint(80, 499) for i in ITEMS}
        while True:
            box = [r.choice(ITEMS) for _ in range(6)]
            self.total = sum(self.price[i] for i in box)
            if len(set(box)) >= 3:
                break
        self.box, self.t, self.done = [], 0, False
        return (
            f"Fill a box with exactly six pastries that cost exactly {self.total} "
            f"cents together. Offered: {', '.join(ITEMS)}; ask "
            "price:<item>. add:<item>, remove:<item>, box shows the content, pay "
            "ends the deal (once). Any box that fits is right."
        )

    def step(self, action):
        if self.done:
            return "The shop is closed.", 0.0, True, {}
        self.t += 1
        reward, obs = 0.0, "Sorry?"
        verb, _, item = action.lower().replace(" ", "").partition(":")
        if item.endswith("s") and item[:-1] in ITEMS:
            item = item[:-1]
        if verb == "price" and item in ITEMS:
            obs = f"One {item}: {self.price[item]} cents."
        elif verb == "add" and item in ITEMS:
            self.box.append(item)
            obs = f"{len(self.box)} in the box."
        elif verb == "remove" and item in self.box:
            self.box.remove(item)
            obs = f"{len(self.box)} in the box."
        elif verb == "box":
            obs = ", ".join(self.box) or "empty"
        elif verb == "pay":
            self.done = True
            right = len(self.box) == 6 and sum(self.price[i] for i in self.box) == self.total
            reward, obs = (1.0, "Enjoy!") if right else (0.0, "That does not fit.")
        self.done = self.done or self.t >= self.max_steps
        return obs, reward, self.done, {}


def oracle(env, seed):
    env.reset(seed)
    good = next(
        c
        for c in itertools.combinations_with_replacement(ITEMS, 6)
        if sum(env.price[i] for i in c) == env.total
    )
    return ["price:" + i for i in ITEMS] + ["add:" + i for i in good] + ["pay"]
