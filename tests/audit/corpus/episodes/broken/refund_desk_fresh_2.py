"""A service desk for bookings; what was changed is compared with what should be at closing."""

import random

ACTIONS = ["show:<int>", "refund:<int>", "rebook:<int>", "note:<int>", "close"]


class Env:
    max_steps = 10

    def reset(self, seed):
        chance = random.Random(f"refund{seed}")
        numbers = chance.sample(range(1000, 9999), 4)
        self.rows = {
            n: {"state": "booked", "fare": chance.choice(["flex", "saver"]), "note": False}
            for n in numbers
        }
        self.number = chance.choice(numbers)
        self.wish = chance.choice(["refund", "rebook"])
        self.goal = {n: dict(row) for n, row in self.rows.items()}
        if self.rows[self.number]["fare"] == "flex":
            self.goal[self.number]["state"] = "refunded" if self.wish == "refund" else "rebooked"
        else:
            self.goal[self.number]["note"] = True
        self.changed, self.turn, self.over = set(), 0, False
        return (
            "You keep bookings. Flex fares can be refunded or rebooked; for saver fares a note "
            "for the manager has to be left instead and nothing else done. Close the case at "
            f"the end. Customer: please {self.wish} my booking {self.number}. Actions: show:N, "
            "refund:N, rebook:N, note:N, close."
        )

    def step(self, action):
        if self.over:
            return "The case is closed.", 0.0, True, {}
        self.turn += 1
        name, _, number = str(action).partition(":")
        said = "Unknown action."
        if name == "close" and not number:
            self.over = True
            good = all(self.rows[n] == self.goal[n] for n in self.changed)
            return "Closed.", float(good), True, {}
        if name in ("show", "refund", "rebook", "note") and number.isascii() and number.isdigit():
            row = self.rows.get(int(number[:9]))
            if row is None:
                said = "No such booking."
            elif name == "show":
                said = f"Booking {number}: {row['fare']} fare, {row['state']}."
            else:
                self.changed.add(int(number))
                if name == "note":
                    row["note"] = True
                else:
                    row["state"] = "refunded" if name == "refund" else "rebooked"
                said = "Saved."
        self.over = self.turn >= self.max_steps
        return said, 0.0, self.over, {}


def oracle(env, seed):
    env.reset(seed)
    flex = env.rows[env.number]["fare"] == "flex"
    return [f"show:{env.number}", f"{env.wish if flex else 'note'}:{env.number}", "close"]
