"""A librarian works a list of requests at the desk; afterwards the whole register is compared,
also what nobody asked for."""

import random
import re

FEE = 3

ACTIONS = ["lend:<int>,<int>", "back:<int>", "fine:<int>,<int>", "show:<int>", "close"]


class Env:
    """One morning: members, books and unpaid fines, and three requests."""

    max_steps = 16

    def reset(self, seed: int) -> str:
        """Fill the register and write the requests."""
        chance = random.Random(f"library desk {seed}")
        members = chance.sample(range(100, 1000), 4)
        books = chance.sample(range(1000, 10000), 6)
        self.loans: dict[int, int | None] = dict.fromkeys(books)
        for book in books[:3]:
            self.loans[book] = chance.choice(members)
        self.fines = {member: chance.randint(0, 9) for member in members}
        late, reader = chance.randint(2, 9), chance.choice(members)
        owner = self.loans[books[0]]
        self.plan = [f"back:{books[0]}", f"fine:{owner},{FEE * late}", f"lend:{books[4]},{reader}"]
        self.goal_loans = self.loans | {books[0]: None, books[4]: reader}
        self.goal_fines = self.fines | {owner: self.fines[owner] + FEE * late}
        self.steps = 0
        self.over = False
        return (
            f"Members: {members}. Books: {sorted(books)}.\nBook {books[0]} comes back "
            f"{late} days late; a day costs {FEE} coins, added "
            f"to the fines of whoever had it.\nMember {reader} borrows book {books[4]}.\n"
            f"Then close the desk. 'show:book' tells who has it."
        )

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        """Write one line into the register."""
        if self.over:
            return "The desk is closed.", 0.0, True, {}
        self.steps += 1
        self.over = self.steps >= self.max_steps or action == "close"
        if action == "close":
            right = self.loans == self.goal_loans and self.fines == self.goal_fines
            return "The register is put away.", float(right), True, {}
        named = re.fullmatch(r"(lend|back|fine|show):([0-9]{1,4})(?:,([0-9]{1,4}))?", action)
        return (
            (
                self._write(named[1], int(named[2]), named[3])
                if named
                else "That is not a line of the register."
            ),
            0.0,
            self.over,
            {},
        )

    def state(self) -> str:
        """The whole register."""
        return (
            f"{sorted(self.loans.items(), key=str)} {sorted(self.fines.items())} "
            f"{self.steps} {self.over}"
        )

    def _write(self, verb: str, number: int, more: str | None) -> str:
        known = number in (self.fines if verb == "fine" else self.loans)
        if not known or (more is None) == (verb in ("lend", "fine")):
            return "The register does not know that."
        if verb == "show":
            return f"Book {number}: {self.loans[number] or 'on the shelf'}."
        if verb == "back":
            self.loans[number] = None
        elif verb == "fine":
            self.fines[number] += int(more or 0)
        elif int(more or 0) not in self.fines or self.loans[number] is not None:
            return "That book cannot be lent so."
        else:
            self.loans[number] = int(more or 0)
        return "Written."


def oracle(env: Env, seed: int) -> list[str]:
    """Work the requests and close."""
    return [*env.plan, "close"]
