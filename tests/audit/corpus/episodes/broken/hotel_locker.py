"""Hotel lockers: work out a guest's locker code from the register and the code book."""

import random

ACTIONS = ["register:<text>", "codebook:<int>", "enter:<int>"]
GUESTS = ["Abara", "Bloom", "Castell", "Dufour", "Ekman", "Farouk", "Grieg", "Haines"]


class Env:
    max_steps = 10

    def reset(self, seed):
        r = random.Random(f"locker{seed}")
        self.lockers = dict(zip(GUESTS, r.sample(range(1, 60), len(GUESTS))))
        self.base = {n: r.randint(1000, 8000) for n in range(1, 60)}
        self.nights = {g: r.randint(1, 14) for g in GUESTS}
        self.guest = r.choice(GUESTS)
        self.code = self.base[self.lockers[self.guest]] + 7 * self.nights[self.guest]
        self.tries, self.t, self.done = 3, 0, False
        return (
            f"Guest {self.guest} is locked out. Find the locker number and nights "
            f"of stay with register:<name>, the base code "
            "with codebook:<locker>, and enter the code: base + 7 x nights. Three attempts."
        )

    def step(self, action):
        if self.done:
            return "The keypad is off.", 0.0, True, {}
        self.t += 1
        reward, obs = 0.0, "Not understood."
        verb, _, arg = action.partition(":")
        if verb == "register" and arg in self.lockers:
            obs = f"{arg}: locker {self.lockers[arg]}, {self.nights[arg]} nights"
        elif verb == "codebook" and arg.isdecimal() and int(arg) in self.base:
            obs = f"locker {arg}: base {self.base[int(arg)]}"
        elif verb == "enter":
            try:
                if int(arg) != self.code:
                    raise ValueError(f"code mismatch: got {arg}, expected {self.code}")
                reward, obs, self.done = 1.0, "Click. The locker opens.", True
            except ValueError as err:
                self.tries -= 1
                obs = f"Rejected ({err}); {self.tries} attempts left."
                self.done = self.tries == 0
        self.done = self.done or self.t >= self.max_steps
        return obs, reward, self.done, {}


def oracle(env, seed):
    env.reset(seed)
    return [f"register:{env.guest}", f"codebook:{env.lockers[env.guest]}", f"enter:{env.code}"]
