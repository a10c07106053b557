"""Warehouse robot: scan for the shelf holding the item, drive there and pick it."""

import random

ACTIONS = ["scan", "north", "south", "east", "west", "pick"]
MOVES = {"north": (0, -1), "south": (0, 1), "east": (1, 0), "west": (-1, 0)}


class Env:
    size, max_steps = 7, 40

    def reset(self, seed):
        r = random.Random(f"shelf{seed}")
        self.pos = (r.randint(2, 4), r.randint(2, 4))
        cells = [
            (x, y)
            for x in range(self.size)
            for y in range(self.size)
            if abs(x - self.pos[0]) + abs(y - self.pos[1]) >= 3
        ]
        self.goal = r.choice(cells)
        self.d0 = self.dist()
        self.t, self.done = 0, False
        return (
            f"Warehouse of 7x7 cells; you are at {self.pos} (x grows east, y grows "
            f"south). Scan to learn where the ordered item "
            "lies, drive to that cell and pick it. A pick in a wrong cell ends the job."
        )

    def dist(self):
        return abs(self.pos[0] - self.goal[0]) + abs(self.pos[1] - self.goal[1])

    def step(self, action):
        if self.done:
            return "The robot is parked.", 0.0, True, {}
        self.t += 1
        reward, obs = 0.0, "Unknown command."
        if action == "scan":
            obs = f"The item lies at {self.goal}."
        elif action in MOVES:
            before = self.dist()
            dx, dy = MOVES[action]
            self.pos = (min(max(self.pos[0] + dx, 0), 6), min(max(self.pos[1] + dy, 0), 6))
            reward = 0.4 * max(0, before - self.dist()) / self.d0
            obs = f"Now at {self.pos}."
        elif action == "pick":
            self.done = True
            reward, obs = (0.6, "Picked.") if self.pos == self.goal else (0.0, "Nothing here.")
        self.done = self.done or self.t >= self.max_steps
        return obs, reward, self.done, {}


def oracle(env, seed):
    env.reset(seed)
    dx, dy = env.goal[0] - env.pos[0], env.goal[1] - env.pos[1]
    return (
        ["scan"]
        + ["east" if dx > 0 else "west"] * abs(dx)
        + ["south" if dy > 0 else "north"] * abs(dy)
        + ["pick"]
    )
