"""Rooms, three keys, a chest and an altar: the score is a function of the state, and each step
is paid its change."""

import random

ACTIONS = ["go:<int>", "take", "open", "offer"]
COLOURS = ["amber", "jade", "onyx"]
ROOMS = 9


class Env:
    max_steps = 40

    def reset(self, seed: int) -> str:
        chance = random.Random(f"relic {seed}")
        names = chance.sample(range(10, 100), ROOMS)
        self.doors: dict[int, list[int]] = {name: [] for name in names}
        for place in range(1, ROOMS):
            other = names[max(0, place - chance.randint(1, 2))]
            self.doors[names[place]].append(other)
            self.doors[other].append(names[place])
        self.at, self.chest, self.altar, *spots = chance.sample(names, 6)
        self.keys = dict(zip(spots, chance.sample(COLOURS, 3), strict=True))
        self.lock = chance.choice(COLOURS)
        self.held: str | None = None
        self.relic = "chest"
        self.steps = 0
        self.done = False
        keys = ", ".join(f"{colour} in {room}" for room, colour in self.keys.items())
        doors = "; ".join(
            f"{name} to {', '.join(map(str, sorted(near)))}"
            for name, near in sorted(self.doors.items())
        )
        return (
            f"Doors: {doors}. Keys: {keys}; you can hold one. The chest in {self.chest} "
            f"has the {self.lock} lock; "
            f"offer what it holds at the altar in {self.altar}. You are in {self.at}."
        )

    def score(self) -> float:
        return {"chest": 0.1 if self.held == self.lock else 0.0, "hand": 0.3, "altar": 1.0}[
            self.relic
        ]

    def state(self) -> tuple:
        rooms = tuple((name, tuple(near)) for name, near in self.doors.items())
        return (
            rooms,
            self.at,
            self.chest,
            self.altar,
            tuple(sorted(self.keys.items())),
            self.lock,
            self.held,
            self.relic,
            self.steps,
        )

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The hall is dark.", 0.0, True, {}
        self.steps += 1
        before, note = self.score(), "Nothing happens."
        if action in [f"go:{name}" for name in self.doors[self.at]]:
            self.at = int(action[3:])
            note = f"You are in {self.at}."
        elif action == "take" and self.at in self.keys:
            taken = self.keys.pop(self.at)
            if self.held:
                self.keys[self.at] = self.held
            self.held = taken
            note = f"You hold the {taken} key."
        elif (
            action == "open"
            and self.at == self.chest
            and self.held == self.lock
            and self.relic == "chest"
        ):
            self.relic = "hand"
            note = "The chest is open, and you take what is in it."
        elif action == "offer" and self.at == self.altar and self.relic == "hand":
            self.relic = "altar"
            note = "The offering is accepted."
        self.done = self.relic == "altar" or self.steps >= self.max_steps
        return note, self.score() - before, self.done, {}


def _walk(doors: dict[int, list[int]], start: int, end: int) -> list[str]:
    ways: dict[int, list[int]] = {start: []}
    queue = [start]
    for room in queue:
        for near in doors[room]:
            if near not in ways:
                ways[near] = [*ways[room], near]
                queue.append(near)
    return [f"go:{room}" for room in ways[end]]


def oracle(env: Env, seed: int) -> list[str]:
    key = next(room for room, colour in env.keys.items() if colour == env.lock)
    walks = [
        _walk(env.doors, *ends)
        for ends in ((env.at, key), (key, env.chest), (env.chest, env.altar))
    ]
    return [*walks[0], "take", *walks[1], "open", *walks[2], "offer"]
