"""Museum courier: carry the right crate to the right hall. One delivery, a very generous step
limit."""

import random

ACTIONS = ["look", "go:<text>", "read:<text>", "take:<text>", "drop", "deliver"]
HALLS = ["amber", "bronze", "coral", "dusk", "ember", "frost"]


class Env:
    max_steps = 200

    def reset(self, seed):
        r = random.Random(f"museum{seed}")
        self.crates = {f"crate{i}": h for i, h in enumerate(r.sample(HALLS, 6), 1)}
        self.artist = dict(
            zip(self.crates, r.sample(["Vega", "Oduya", "Lind", "Marsh", "Sato", "Quill"], 6))
        )
        self.wanted = r.choice(sorted(self.crates))
        order = r.sample(HALLS, 6)
        self.exits = {h: {order[i - 1], order[(i + 1) % 6]} for i, h in enumerate(order)}
        self.exits["store"] = {order[0]}
        self.exits[order[0]].add("store")
        self.at, self.held, self.t, self.done = "store", None, 0, False
        return (
            f"You are in the store with crates 1-6 (crate1 ... crate6). Find the "
            f"crate by {self.artist[self.wanted]}, read its label for the hall, "
            "take it there (go:<place>, look shows the exits) and deliver. One "
            "delivery only; anything else may be tried freely."
        )

    def step(self, action):
        if self.done:
            return "Your shift is over.", 0.0, True, {}
        self.t += 1
        reward, obs = 0.0, "Nothing happens."
        verb, _, arg = action.partition(":")
        if verb == "look":
            obs = (
                f"{self.at}; exits: {', '.join(sorted(self.exits[self.at]))}; holding {self.held}."
            )
        elif verb == "go":
            if arg in self.exits[self.at]:
                self.at = arg
            obs = f"You are in {self.at}."
        elif verb == "read" and arg in self.crates and (self.at == "store" or self.held == arg):
            obs = f"{arg}: work by {self.artist[arg]}, for the {self.crates[arg]} hall."
        elif verb == "take" and self.at == "store" and arg in self.crates:
            self.held, obs = arg, f"You hold {arg}."
        elif verb == "drop":
            if self.at == "store":
                self.held, obs = None, "Back on the floor."
        elif verb == "deliver" and self.held:
            self.done = True
            right = self.held == self.wanted and self.at == self.crates[self.held]
            reward, obs = (1.0, "Signed for.") if right else (0.0, "Wrong delivery.")
        self.done = self.done or self.t >= self.max_steps
        return obs, reward, self.done, {}


def oracle(env, seed):
    env.reset(seed)
    goal, paths = env.crates[env.wanted], [["store"]]
    while paths[0][-1] != goal:
        p = paths.pop(0)
        paths += [p + [h] for h in sorted(env.exits[p[-1]]) if h not in p]
    return (
        ["read:" + c for c in sorted(env.crates)]
        + ["take:" + env.wanted]
        + ["go:" + h for h in paths[0][1:]]
        + ["deliver"]
    )
