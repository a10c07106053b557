"""A desk where looking is allowed and not needed: optional reads are no ignored work, other work
is.
"""

import pytest

from firsthand.audit.budget import Options
from firsthand.audit.naming import spec_of
from firsthand.audit.suite import run

DESK = """
import random

ACTIONS = ["look:<int>", "cancel:<int>", "express:<int>", "transfer:<int>", "log", "done"]
WISHES = ("cancel", "cancel", "express", "express", "undo", "fraud", "lawyer")


class Env:
    max_steps = 9

    def reset(self, seed):
        chance = random.Random(f"desk{seed}")
        numbers = chance.sample(range(100, 999), 3)
        self.wish, self.order = chance.choice(WISHES), chance.choice(numbers)
        self.rows = {n: {"state": "pending", "post": "normal"} for n in numbers}
        if self.wish == "undo":
            self.rows[self.order]["state"] = "cancelled"
        self.goal = {n: dict(row) for n, row in self.rows.items()}
        if self.wish == "cancel":
            self.goal[self.order]["state"] = "cancelled"
        if self.wish == "express":
            self.goal[self.order]["post"] = "express"
        self.moved, self.due = [], [] if self.wish in ("cancel", "express") else [self.order]
        self.logged, self.turn, self.over = False, 0, False
        return (
            "You may look at an order, cancel a pending one or switch it to express. Wishes that "
            "are none of these: transfer the order to a human. PROMPT"
            f"Orders: {numbers}. Wish: {self.wish} of {self.order}."
        )

    def step(self, action):
        if self.over:
            return "The talk is over.", 0.0, True, {}
        self.turn += 1
        name, _, number = str(action).partition(":")
        said = "I do not understand."
        if name in ("look", "cancel", "express", "transfer") and number.isdecimal():
            row = self.rows.get(int(number[:9]))
            if row is None:
                said = "There is no such order."
            elif name == "look":
                said = f"Order {number}: {row['state']}, {row['post']} post."
            elif name == "transfer":
                self.moved.append(int(number))
                said = "The customer is connected to a human."
            elif row["state"] != "pending":
                said = "Only pending orders can be changed."
            else:
                row.update(state="cancelled") if name == "cancel" else row.update(post="express")
                said = "Changed."
        elif action == "log":
            self.logged = True
            said = "Logged."
        elif action == "done":
            self.over = True
            right = self.rows == self.goal and self.moved == self.due
            return "Goodbye.", float(right), True, {}
        self.over = self.turn >= self.max_steps
        return said, 0.0, self.over, {}


def oracle(env, seed):
    env.reset(seed)
    change = env.wish if env.wish in ("cancel", "express") else "transfer"
    return [f"look:{env.order}", f"{change}:{env.order}", "done"]
"""
LOG = (
    ("PROMPT", "Always log the talk before you are done. "),
    ('{change}:{env.order}", ', '{change}:{env.order}", "log", '),
)
SOUND = {
    "as it is": (),
    "it looks at all orders": (('[f"look:{env.order}"', '[*(f"look:{n}" for n in env.rows)'),),
    "no order is cancelled at the start": (('"undo", "fraud"', '"fraud"'),),
    "the log is checked": (*LOG, ("float(right)", "float(right and self.logged)")),
}
BROKEN = {
    "transfers are not compared": ((" and self.moved == self.due", ""),),
    "the log is not checked": LOG,
    "the state of orders is not compared": (("self.rows == self.goal and ", ""),),
    "any order will do": (
        ("int(number[:9])", "self.order"),
        ("self.moved.append(int(number))", "self.moved.append(self.order)"),
    ),
}


def audited(folder, changes):
    text = DESK
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "desk.py"
    path.write_text(text.replace("PROMPT", ""))
    only = ("plan_steps", "plan_arguments", "harmless_extras")
    return run(spec_of(str(path)), Options(seeds=100, only=only))


@pytest.mark.parametrize("changes", SOUND.values(), ids=SOUND)
def test_a_sound_desk_passes(tmp_path, changes):
    found = audited(tmp_path, changes)
    assert found.verdict == "PASS", [finding.claim for finding in found.findings]


@pytest.mark.parametrize("changes", BROKEN.values(), ids=BROKEN)
def test_a_broken_desk_fails(tmp_path, changes):
    assert audited(tmp_path, changes).verdict == "FAIL"


def test_a_desk_that_refuses_a_second_look_is_accused(tmp_path):
    refuses = (
        ("self.logged, self.turn", "self.looks, self.logged, self.turn"),
        ("= False, 0, False", "= 0, False, 0, False"),
        ('name == "look":\n', 'name == "look":\n                self.looks += 1\n'),
        ("float(right)", "float(right and self.looks < 2)"),
    )
    found = audited(tmp_path, refuses)
    assert {finding.check for finding in found.findings if finding.severity == "major"} == {
        "harmless_extras"
    }
