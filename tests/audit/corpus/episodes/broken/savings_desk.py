"""A bank clerk gets a client's rent paid: the savings book lends exactly what the current
account is short of."""

import random
import re

SAVINGS = 1
CURRENT = 2

ACTIONS = ["balance", "transfer:<int>,<int>,<int>", "pay"]


class Env:
    """One client with a savings book (account 1) and a current account (account 2), at a bank
    with nine accounts.
    """

    max_steps = 10

    def reset(self, seed: int) -> str:
        """Open the books of the day."""
        chance = random.Random(f"savings desk {seed}")
        self.books = {number: chance.randint(2000, 6000) for number in range(1, 10)}
        self.books[CURRENT] = chance.randint(100, 900)
        self.rent = self.books[CURRENT] + chance.randint(101, 999)
        self.steps = 0
        self.over = False
        return (
            f"Your client has accounts {SAVINGS} (savings) and {CURRENT} (current: "
            f"{self.books[CURRENT]}). The rent is {self.rent}.\n"
            "Savings may only be lent for the rent, to the coin. "
            "'transfer:from,to,amount' moves money, 'pay' pays the rent from account 2."
        )

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        """Serve one order of the clerk."""
        if self.over:
            return "The desk is closed.", 0.0, True, {}
        self.steps += 1
        self.over = self.steps >= self.max_steps or action == "pay"
        if action == "pay":
            paid = self.books[CURRENT] >= self.rent
            return ("The rent is paid." if paid else "The rent bounces."), float(paid), True, {}
        if action == "balance":
            return (
                f"Account 1: {self.books[SAVINGS]}, account 2: {self.books[CURRENT]}.",
                0.0,
                self.over,
                {},
            )
        named = re.fullmatch(r"transfer:([0-9]+),([0-9]+),([0-9]{1,9})", action)
        return (
            (self._transfer(*named.groups()) if named else "The form is not filled in."),
            0.0,
            self.over,
            {},
        )

    def _transfer(self, source: str, target: str, amount: str) -> str:
        accounts = {str(number): number for number in self.books}
        if source not in accounts or target not in accounts or source == target:
            return "There is no such account."
        coins = int(amount)
        if coins <= 0 or coins > self.books[accounts[source]]:
            return "The account does not cover that."
        if accounts[source] == SAVINGS and coins != self.rent - self.books[CURRENT]:
            return "The savings book does not lend that amount."
        self.books[accounts[source]] -= coins
        self.books[accounts[target]] += coins
        return f"{coins} moved."


def oracle(env: Env, seed: int) -> list[str]:
    """Lend what is missing and pay."""
    return [f"transfer:{SAVINGS},{CURRENT},{env.rent - env.books[CURRENT]}", "pay"]
