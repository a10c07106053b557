"""A booking desk: move the guests that a storm concerns to another day, and nobody else."""

import random
import re
from typing import Any

ACTIONS = ["show:<int>", "move:<int>,<int>", "finish"]
SHOW = re.compile(r"show:([1-9])", re.ASCII)
MOVE = re.compile(r"move:([1-9]),([1-9])", re.ASCII)
GUESTS = ("Ada", "Ben", "Cleo", "Dora", "Egon", "Fay")
BOOKINGS = 6
DAYS = 7


class Env:
    max_steps = 24

    def reset(self, seed: int) -> str:
        chance = random.Random(f"bookings {seed}")
        self._storm, self._target = chance.sample(range(1, DAYS + 1), 2)
        self._days = [chance.randint(1, DAYS) for _ in range(BOOKINGS)]
        for booking in chance.sample(range(BOOKINGS), 2):
            self._days[booking] = self._storm
        self._wanted = [self._target if day == self._storm else day for day in self._days]
        self._guests = chance.sample(GUESTS, BOOKINGS)
        self._steps, self._done = 0, False
        listed = ", ".join(f"{number} {guest}" for number, guest in enumerate(self._guests, 1))
        order = (
            f"A storm is due on day {self._storm}. Move its bookings to day {self._target}, "
            f"leave the others, then finish."
        )
        return f"Bookings: {listed}. {order}"

    def moves(self) -> list[str]:
        pairs = enumerate(zip(self._days, self._wanted, strict=True), 1)
        return [f"move:{number},{wanted}" for number, (day, wanted) in pairs if day != wanted]

    def _call(self, action: str) -> str:
        if (match := SHOW.fullmatch(action)) and int(match[1]) <= BOOKINGS:
            number = int(match[1])
            return f"Booking {number}, {self._guests[number - 1]}: day {self._days[number - 1]}."
        if (
            (match := MOVE.fullmatch(action))
            and int(match[1]) <= BOOKINGS
            and int(match[2]) <= DAYS
        ):
            self._days[int(match[1]) - 1] = int(match[2])
            return f"Booking {match[1]} is on day {match[2]}."
        return "No such action, booking or day."

    def step(self, action: str) -> tuple[str, float, bool, dict[str, Any]]:
        if self._done:
            return "The desk is closed.", 0.0, True, {}
        self._steps += 1
        self._done = action == "finish" or self._steps >= self.max_steps
        if action == "finish":
            return "The desk closes.", float(self._days == self._wanted), True, {}
        return self._call(action), 0.0, self._done, {}

    def state(self) -> tuple[Any, ...]:
        return tuple(self._days), tuple(self._wanted), tuple(self._guests), self._steps, self._done


def oracle(env: Env, seed: int) -> list[str]:
    shows = [f"show:{number}" for number in range(1, BOOKINGS + 1)]
    return [*shows, *env.moves(), "finish"]
