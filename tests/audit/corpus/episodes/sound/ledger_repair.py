"""Ledger repair: compare entries with receipts, correct exactly those that differ, commit."""

import random
import re

ACTIONS = ["list", "entry:<text>", "receipt:<text>", "amend:<text> (id=amount)", "commit"]


class Env:
    max_steps = 40

    def reset(self, seed):
        r = random.Random(f"ledger{seed}")
        ids = [f"L{n}" for n in r.sample(range(100, 1000), 8)]
        self.receipts = {i: r.randint(100, 9999) for i in ids}
        self.start = dict(self.receipts)
        for i in r.sample(ids, r.randint(2, 4)):
            self.start[i] += r.choice([-9, 9, 90, 900])
        self.ledger = dict(self.start)
        self.t, self.done = 0, False
        return (
            "Some of the eight ledger entries were mistyped. Compare entry:<id> "
            "with receipt:<id> for the ids given by list, correct wrong entries "
            "with amend:<id>=<amount>, then commit. After the commit every entry "
            "must equal its receipt; no credit otherwise."
        )

    def step(self, action):
        if self.done:
            return "The ledger is sealed.", 0.0, True, {}
        self.t += 1
        reward, obs = 0.0, "Invalid command."
        verb, _, arg = action.partition(":")
        change = re.fullmatch(r"(L\d{3})=(\d{1,6})", arg, re.ASCII)
        if verb == "list":
            obs = " ".join(sorted(self.ledger))
        elif verb == "entry" and arg in self.ledger:
            obs = f"{arg}: booked {self.ledger[arg]}"
        elif verb == "receipt" and arg in self.receipts:
            obs = f"{arg}: receipt over {self.receipts[arg]}"
        elif verb == "amend" and change and change[1] in self.ledger:
            self.ledger[change[1]] = int(change[2])
            obs = "Amended."
        elif verb == "commit":
            self.done = True
            reward, obs = (
                (1.0, "Balanced.") if self.ledger == self.receipts else (0.0, "Not balanced.")
            )
        self.done = self.done or self.t >= self.max_steps
        return obs, reward, self.done, {}


def oracle(env, seed):
    env.reset(seed)
    ids = sorted(env.start)
    wrong = [i for i in ids if env.start[i] != env.receipts[i]]
    return (
        ["list"]
        + [f"{v}:{i}" for i in ids for v in ("entry", "receipt")]
        + [f"amend:{i}={env.receipts[i]}" for i in wrong]
        + ["commit"]
    )
