"""Small text environments: look things up, then act. A test fills in what is told where."""

DESK = """
import random

ACTIONS = {actions}

class Env:
    max_steps = 12

    def reset(self, seed):
        rng = random.Random(seed)
        self.seed = seed
        self.a, self.b, self.c = rng.sample(range(1, 10), 3)
        self.code = self.a * 100 + self.b * 10 + self.c
        self.order, self.amount = rng.randrange(1000, 9999), rng.randrange(100, 900)
        self.site = rng.choice(["yard", "hall", "dock", "barn"])
        self.other = rng.randrange(100, 900)
        self.moved, self.over = [], False
        return {prompt}

    def step(self, action):
        if self.over:
            return "It is over.", 0.0, True, {{}}
        word, _, said = action.partition(":")
        {rules}
        return "Unknown command.", 0.0, False, {{}}

    def finish(self, right):
        self.over = True
        return "Done.", float(right), True, {{}}

def oracle(env, seed):
    return {plan}
"""


def desk(*, actions, prompt, rules, plan):
    """Return the source of an environment; each rule is a statement that may return a step."""
    lines = "\n        ".join(rules)
    return DESK.format(actions=actions, prompt=prompt, rules=lines, plan=plan)
