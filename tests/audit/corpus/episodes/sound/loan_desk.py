"""The loan desk of a library; looking things up is free, what is in the books at the end counts."""

import random

ACTIONS = ["look:<int>", "extend:<text>", "refuse:<text>", "close"]
_LIMIT = {"child": 30, "adult": 60, "staff": 120}


class Env:
    max_steps = 10

    def reset(self, seed):
        chance = random.Random(f"loan{seed}")
        numbers = chance.sample(range(1000, 9999), 4)
        self.rows = {}
        for n in numbers:
            kind = chance.choice(list(_LIMIT))
            self.rows[n] = {
                "kind": kind,
                "had": chance.randint(1, _LIMIT[kind] - 5),
                "more": 0,
                "reserved": f"R{chance.randint(1000, 9999)}" if chance.random() < 0.4 else None,
                "refused": None,
            }
        self.number = chance.choice(numbers)
        self.goal = {n: dict(row) for n, row in self.rows.items()}
        row = self.goal[self.number]
        if row["reserved"]:
            row["refused"] = row["reserved"]
        else:
            row["more"] = _LIMIT[row["kind"]] - row["had"]
        self.turn, self.over = 0, False
        return (
            "You serve at the loan desk. A loan may last 30 days for children, 60 for adults and "
            "120 for staff, all days together. If somebody has reserved the book, a longer loan "
            "is refused with the reservation number. Actions: look:LOAN, extend:LOAN DAYS (sets "
            "the number of further days), refuse:LOAN RESERVATION, close (when all is done). A "
            f"reader: please extend my loan {self.number} for as many days as possible."
        )

    def step(self, action):
        if self.over:
            return "The desk is closed.", 0.0, True, {}
        self.turn += 1
        name, _, rest = str(action).partition(":")
        if str(action) == "close":
            self.over = True
            return "Goodbye.", float(self.rows == self.goal), True, {}
        words = rest.split()
        said = "That did not work."
        if words and words[0].isascii() and words[0].isdigit() and len(words[0]) == 4:
            row = self.rows.get(int(words[0]))
            if row is None:
                said = "There is no such loan."
            elif name == "look" and len(words) == 1:
                said = (
                    f"Loan {words[0]}: {row['kind']}, out for {row['had']} days, "
                    f"{'reserved as ' + row['reserved'] if row['reserved'] else 'not reserved'}"
                    f", further days: {row['more']}."
                )
            elif name == "extend" and len(words) == 2 and words[1].isascii():
                if words[1].isdigit() and len(words[1]) < 4:
                    row["more"] = int(words[1])
                    said = "Set."
            elif name == "refuse" and len(words) == 2:
                row["refused"] = words[1][:10]
                said = "Noted."
        self.over = self.turn >= self.max_steps
        return said, 0.0, self.over, {}


def oracle(env, seed):
    env.reset(seed)
    goal = env.goal[env.number]
    if goal["refused"]:
        deed = f"refuse:{env.number} {goal['refused']}"
    else:
        deed = f"extend:{env.number} {goal['more']}"
    return [f"look:{env.number}", deed, "close"]
