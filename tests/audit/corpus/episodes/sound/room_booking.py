"""An assistant books an hour and a room for three people; every booking that fits is right."""

import random

ACTIONS = ["calendar:<text>", "room:<text>", "book:<text>"]
_DAYS, _HOURS = ["Mon", "Tue", "Wed", "Thu", "Fri"], range(9, 17)
_PEOPLE, _ROOMS = ["Abel", "Bela", "Cleo", "Dora", "Egon"], ["Elm", "Oak", "Fir", "Ash"]


class Env:
    max_steps = 12

    def reset(self, seed):
        chance = random.Random(f"booking{seed}")
        hours = [f"{day} {hour}" for day in _DAYS for hour in _HOURS]
        self.seats = chance.choice([6, 8, 10])
        self.who = sorted(chance.sample(_PEOPLE, 3))
        while True:
            self.taken = {
                name: set(chance.sample(hours, chance.randint(18, 26))) for name in _PEOPLE + _ROOMS
            }
            self.size = {room: chance.choice([4, 6, 8, 10, 12]) for room in _ROOMS}
            self.right = [
                f"{hour} {room}"
                for hour in hours
                for room in _ROOMS
                if self.size[room] >= self.seats
                and all(hour not in self.taken[name] for name in [*self.who, room])
            ]
            if 1 <= len(self.right) <= 2:
                break
        self.turn, self.over = 0, False
        return (
            f"Book one hour (Mon to Fri, beginning 9 to 16 o'clock) for {', '.join(self.who)} in a "
            f"room with at least {self.seats} seats, when all three and the room are free. If "
            "several bookings fit, any one is right. Actions: calendar:NAME, room:NAME (Elm, Oak, "
            "Fir, Ash), book:DAY HOUR ROOM such as book:Tue 14 Oak; booking is final."
        )

    def _busy(self, name):
        days = []
        for day in _DAYS:
            hours = [str(h) for h in _HOURS if f"{day} {h}" in self.taken[name]]
            days.append(f"{day} {' '.join(hours) or '-'}")
        return "; ".join(days)

    def step(self, action):
        if self.over:
            return "It is booked.", 0.0, True, {}
        self.turn += 1
        name, _, rest = str(action).partition(":")
        said = "I do not know that."
        if name == "book":
            self.over = True
            good = " ".join(rest[:80].split()) in self.right
            return ("Booked." if good else "Somebody complains."), float(good), True, {}
        if name == "calendar" and rest in _PEOPLE:
            said = f"{rest} is taken: {self._busy(rest)}."
        elif name == "room" and rest in _ROOMS:
            said = f"{rest} has {self.size[rest]} seats and is taken: {self._busy(rest)}."
        self.over = self.turn >= self.max_steps
        return said, 0.0, self.over, {}


def oracle(env, seed):
    env.reset(seed)
    looks = [f"calendar:{name}" for name in env.who] + [f"room:{room}" for room in _ROOMS]
    return [*looks, f"book:{env.right[0]}"]
