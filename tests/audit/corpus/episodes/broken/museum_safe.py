"""The code of a safe is spread over labels in the rooms of a museum and has to be put together."""

import random

ACTIONS = ["go:<int>", "read:<int>", "enter:<int>"]


class Env:
    max_steps = 14

    def reset(self, seed):
        chance = random.Random(f"museum{seed}")
        self.digits = [chance.randint(1, 9) for _ in range(5)]
        self.where = chance.sample(range(1, 10), 5)
        self.labels = {}
        for i, room in enumerate(self.where):
            self.labels[room] = f"digit {i + 1} of the code is {self.digits[i]}"
        self.room, self.turn, self.over = 0, 0, False
        rooms = ", ".join(map(str, sorted(self.where)))
        return (
            "A museum has rooms 1 to 9. The five digits of the code of the safe are on labels in "
            f"rooms {rooms}. Go to a room (go:N), read its label (read:N), and enter the code "
            "(enter:NNNNN); there is one try."
        )

    def step(self, action):
        if self.over:
            return "It is over.", 0.0, True, {}
        self.turn += 1
        name, _, number = str(action).partition(":")
        said = "Nothing happens."
        if number.isascii() and number.isdigit() and len(number) < 8:
            value = int(number)
            if name == "go":
                if 1 <= value <= 9:
                    self.room, said = value, f"You are in room {value}."
                else:
                    said = "There is no such room."
            elif name == "read":
                try:
                    text = self.labels[value]
                    said = text if self.room == value else "You are too far away to read it."
                except KeyError:
                    said = f"Error: no label {value}; labels are {self.labels}"
            elif name == "enter":
                self.over = True
                good = number == "".join(map(str, self.digits))
                return ("The safe opens." if good else "Alarm!"), float(good), True, {}
        self.over = self.turn >= self.max_steps
        return said, 0.0, self.over, {}


def oracle(env, seed):
    env.reset(seed)
    moves = [move for room in env.where for move in (f"go:{room}", f"read:{room}")]
    return [*moves, f"enter:{''.join(map(str, env.digits))}"]
