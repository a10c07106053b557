"""Find the hidden frequency with higher/lower answers: the feedback is the game."""

import random

ACTIONS = ["help", "tune:<int>"]


class Env:
    limit, max_steps = 10, 20

    def reset(self, seed):
        self.hidden = random.Random(f"dial{seed}").randint(1, 1000)
        self.left, self.t, self.done = self.limit, 0, False
        return (
            f"A lighthouse sends on a whole frequency from 1 to 1000. You may tune "
            f"{self.limit} times; after each try you hear whether the "
            "signal lies higher or lower. Hitting it earns 1.0, else nothing. "
            "tune:<number>; help is free."
        )

    def step(self, action):
        if self.done:
            return "Static.", 0.0, True, {}
        self.t += 1
        reward, obs = 0.0, "Use tune:<whole number from 1 to 1000>."
        verb, _, arg = action.strip().lower().partition(":")
        arg = arg.strip()
        if verb == "help":
            obs = f"{self.left} tries left. The frequency never moves."
        elif verb == "tune" and arg.isascii() and arg.isdigit() and 1 <= int(arg) <= 1000:
            guess = int(arg)
            self.left -= 1
            if guess == self.hidden:
                reward, obs, self.done = 1.0, "Loud and clear!", True
            else:
                obs = (
                    f"The signal lies {'higher' if guess < self.hidden else 'lower'}. "
                    f"{self.left} tries left."
                )
                self.done = self.left == 0
        self.done = self.done or self.t >= self.max_steps
        return obs, reward, self.done, {"left": self.left}


def oracle(env, seed):
    """Bisection, using nothing but the answers."""
    env.reset(seed)
    lo, hi, plan, done = 1, 1000, [], False
    while not done:
        mid = (lo + hi) // 2
        plan.append(f"tune:{mid}")
        obs, _, done, _ = env.step(plan[-1])
        if "higher" in obs:
            lo = mid + 1
        else:
            hi = mid - 1
    return plan
