"""Refund desk: read the order and the policy, then refund the right amount."""

import random

ACTIONS = ["inbox", "open:<text>", "refund:<int>", "reject"]


class Env:
    max_steps = 12

    def reset(self, seed):
        r = random.Random(f"refund{seed}")
        self.order = f"ORD-{r.randint(1000, 9999)}"
        self.price = r.randint(20, 400)
        self.fee = r.choice([5, 10, 15, 20])
        self.days = r.randint(1, 40)
        self.window = r.choice([14, 21, 30])
        self.t, self.done = 0, False
        return (
            "You work the refund desk. Read the inbox, open the order and open the "
            "policy, then either refund "
            "the amount due (refund:<int>) or reject the request if it falls outside the policy."
        )

    def step(self, action):
        if self.done:
            return "The case is closed.", 0.0, True, {}
        self.t += 1
        reward, obs = 0.0, "Unknown command."
        verb, _, arg = action.partition(":")
        if verb == "inbox":
            obs = f"Customer asks for a refund of {self.order}."
        elif verb == "open":
            if arg == self.order:
                obs = f"{self.order}: paid {self.price}, delivered {self.days} days ago."
                reward = 0.1  # credit for consulting the evidence
            elif arg == "policy":
                obs = (
                    f"Refunds within {self.window} days of delivery, minus a handling "
                    f"fee of {self.fee}. Later: reject."
                )
            else:
                obs = "No such document."
        elif verb in ("refund", "reject"):
            self.done = True
            due = self.price - self.fee if self.days <= self.window else None
            given = int(arg) if verb == "refund" and arg.isdecimal() else None
            right = given == due and (verb == "reject") == (due is None)
            reward, obs = (
                (0.9, "Case closed correctly.")
                if right
                else (0.0, "Case closed; the decision was wrong.")
            )
        self.done = self.done or self.t >= self.max_steps
        return obs, reward, self.done, {}


def oracle(env, seed):
    env.reset(seed)
    end = f"refund:{env.price - env.fee}" if env.days <= env.window else "reject"
    return ["inbox", "open:" + env.order, "open:policy", end]
