"""A hotel desk: find out who sleeps in a room, look up whom to call, and dial; what is looked up
is what has to be dialled."""

import random

ACTIONS = ["register:<int>", "directory:<text>", "dial:<int>"]
NAMES = (
    "Adebayo Brandt Castellano Duarte Eklund Fontaine Grabowski Hidalgo Ivanova Jansen "
    "Kowalczyk Lundgren"
).split()


class Env:
    max_steps = 10

    def reset(self, seed: int) -> str:
        chance = random.Random(f"porter {seed}")
        rooms = chance.sample(range(101, 140), 6)
        guests = chance.sample(NAMES, 6)
        self.register = dict(zip(rooms, guests, strict=True))
        self.directory = dict(zip(guests, chance.sample(range(200_000, 999_999), 6), strict=True))
        self.room = chance.choice(rooms)
        self.steps = 0
        self.done = False
        return (
            f"There is water under the door of room {self.room}. Call the guest at home. "
            f"The register knows who has which room, the directory "
            f"knows the number of a name, and the line is good for one call. Rooms taken "
            f"tonight: {', '.join(map(str, sorted(rooms)))}."
        )

    def state(self) -> tuple:
        return (
            self.room,
            tuple(self.register.items()),
            tuple(self.directory.items()),
            self.steps,
            self.done,
        )

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The line is dead.", 0.0, True, {}
        self.steps += 1
        self.done = self.steps >= self.max_steps
        verb, _, rest = action.partition(":")
        if verb == "register":
            guest = next((name for room, name in self.register.items() if str(room) == rest), None)
            return (
                (f"Room {rest}: {guest}." if guest else "Nobody has that room."),
                0.0,
                self.done,
                {},
            )
        if verb == "directory":
            number = self.directory.get(rest)
            return (
                (f"{rest}: {number}." if number else "There is no such name."),
                0.0,
                self.done,
                {},
            )
        if verb == "dial" and len(rest) == 6 and rest.isascii() and rest.isdigit():
            self.done = True
            return (
                "It rings.",
                1.0 if int(rest) == self.directory[self.register[self.room]] else 0.0,
                True,
                {},
            )
        return "The desk has no use for that.", 0.0, self.done, {}


def oracle(env: Env, seed: int) -> list[str]:
    guest = env.register[env.room]
    return [f"register:{env.room}", f"directory:{guest}", f"dial:{env.directory[guest]}"]
