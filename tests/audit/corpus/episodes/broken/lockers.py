"""Parcel lockers: gather the parts of a code from the messages of a carrier, then open the right
locker."""

import random
import re
from dataclasses import dataclass
from typing import Any

ACTIONS = ["read:<int>", "open:<text>"]
READ = re.compile(r"read:([1-9])", re.ASCII)
OPEN = re.compile(r"open:([0-9]{4})", re.ASCII)
MESSAGES = 4
TRIES = 2


@dataclass(frozen=True)
class Locker:
    """One door of the wall and what opens it."""

    number: int
    size: str
    code: str


def _messages(code: str, chance: random.Random) -> list[str]:
    """Tell each digit of the code in a message of its own, as a small sum."""
    told = []
    for place, digit in enumerate(code, 1):
        more = chance.randint(2, 40)
        told.append(f"Digit {place} of your code is {int(digit) + more} less {more}.")
    chance.shuffle(told)
    return told


class Env:
    max_steps = 10

    def reset(self, seed: int) -> str:
        chance = random.Random(f"lockers {seed}")
        code = f"{chance.randrange(10_000):04d}"
        self._locker = Locker(chance.randint(1, 60), chance.choice("SML"), code)
        self._messages = _messages(code, chance)
        self._steps, self._tries, self._done = 0, TRIES, False
        head = (
            f"A parcel waits in locker {self._locker.number}. Its code of four digits is "
            f"told in {MESSAGES} messages."
        )
        return f"{head} You may try {TRIES} codes."

    def code(self) -> str:
        return self._locker.code

    def _open(self, code: str) -> tuple[str, float]:
        if code == self._locker.code:
            self._done = True
            return "The door opens.", 1.0
        self._tries -= 1
        self._done = self._done or self._tries == 0
        return f"Wrong code {code}: {self._locker} stays shut, tries left: {self._tries}.", 0.0

    def step(self, action: str) -> tuple[str, float, bool, dict[str, Any]]:
        if self._done:
            return "Nothing happens any more.", 0.0, True, {}
        self._steps += 1
        self._done = self._steps >= self.max_steps
        text, reward = "No such action.", 0.0
        if match := READ.fullmatch(action):
            number = int(match[1])
            text = self._messages[number - 1] if number <= MESSAGES else "There is no such message."
        elif match := OPEN.fullmatch(action):
            text, reward = self._open(match[1])
        return text, reward, self._done, {}

    def state(self) -> tuple[Any, ...]:
        return self._locker, tuple(self._messages), self._steps, self._tries, self._done


def oracle(env: Env, seed: int) -> list[str]:
    return [*(f"read:{number}" for number in range(1, MESSAGES + 1)), f"open:{env.code()}"]
