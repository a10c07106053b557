"""Sources of small episodic environments, to be varied in what they pay, say and ask for."""

import textwrap


def world(body: str) -> str:
    """Return a file: imports, then the body."""
    return "import random\n" + textwrap.dedent(body)


def block(code: str, columns: int) -> str:
    """Return lines of code that are to be put behind `columns` spaces of a program."""
    lines = textwrap.dedent(code).strip("\n")
    return textwrap.indent(lines, " " * columns).lstrip()


def grid(
    gain: str = "before - after",
    extra: str = "",
    over: str = "after == 0",
    state: bool = True,
    steps: int = 40,
) -> str:
    """A 5 x 5 grid with a goal drawn from the seed; `gain` is the reward of a step from its
    distances before and after.
    """
    shown = "def state(self): return (self.x, self.y)" if state else ""
    return world(
        f"""
    ACTIONS = ["north", "south", "east", "west", "wait"]
    STEP = {{"north": (0, -1), "south": (0, 1), "east": (1, 0), "west": (-1, 0), "wait": (0, 0)}}
    class Env:
        max_steps = {steps}
        def reset(self, seed):
            rng = random.Random(seed)
            self.x, self.y = rng.randrange(5), rng.randrange(5)
            self.goal = rng.randrange(5), rng.randrange(5)
            if (self.x, self.y) == self.goal:
                self.x = (self.x + 1) % 5
            self.far, self.done, self.turn, self.was = self.left(), False, 0, set()
            return self.seen()
        def left(self):
            return abs(self.x - self.goal[0]) + abs(self.y - self.goal[1])
        def seen(self):
            return f"you {{self.x}},{{self.y}} goal {{self.goal[0]}},{{self.goal[1]}}"
        {shown}
        def step(self, action):
            if self.done or self.turn >= self.max_steps:
                return "over", 0.0, True, {{}}
            self.turn += 1
            before, far, turn = self.left(), self.far, self.turn
            known = action in STEP
            dx, dy = STEP.get(action, (0, 0))
            self.x, self.y = min(4, max(0, self.x + dx)), min(4, max(0, self.y + dy))
            after = self.left()
            reward = ({gain}) / far
            {extra or "pass"}
            self.done = {over}
            return self.seen(), reward, self.done or self.turn >= self.max_steps, {{}}
    def oracle(env, seed):
        dx, dy = env.goal[0] - env.x, env.goal[1] - env.y
        return ["east" if dx > 0 else "west"] * abs(dx) + ["south" if dy > 0 else "north"] * abs(dy)
    """
    )


def guessing(
    most: int = 100,
    tries: int = 7,
    wrong: str = '"higher" if self.n > n else "lower"',
    bad: str = '"not a number"',
    prompt: str = '"Guess my number."',
    right: str = "n == self.n",
    first: bool = False,
    read: str = 'n = int(action.removeprefix("guess:"))',
) -> str:
    """Guess a number; `tries` 0 declares no horizon."""
    return world(
        f"""
    ACTIONS = ["guess:<int>"]
    class Env:
        {f"max_steps = {tries}" if tries else "pass"}
        def reset(self, seed):
            self.n, self.over, self.turn = random.Random(seed).randrange({most}), False, 0
            return {prompt}
        def step(self, action):
            if self.over:
                return "over", 0.0, True, {{}}
            self.turn += 1
            last = self.turn >= {tries or 10**9}
            try:
                {block(read, 16)}
            except ValueError:
                self.over = last
                return {bad}, 0.0, last, {{}}
            if {right}:
                self.over = True
                return "yes", 1.0, True, {{}}
            self.over = last or {first}
            return {wrong}, 0.0, self.over, {{}}
    def oracle(env, seed):
        return [f"guess:{{env.n}}"]
    """
    )


def desk(
    judged: str,
    actions: str = '"read", "post:<text>", "close"',
    plan: str = '["read", f"post:{env.account}={env.amount}", "close"]',
    prompt: str = '"Read the slip, post its amount to its account, and close the desk."',
    reply: str = '"ok"',
    unknown: str = '"unknown action"',
) -> str:
    """Post an amount to an account, both shown by `read`, and close; `judged` says when closing
    pays.
    """
    return world(
        f"""
    ACTIONS = [{actions}]
    class Env:
        max_steps = 8
        def reset(self, seed):
            rng = random.Random(seed)
            self.account = rng.randrange(1000, 9999)
            self.amount = rng.randrange(10, 99)
            self.other = rng.randrange(100, 999)
            self.posted, self.log, self.over, self.turn = [], [], False, 0
            return {prompt}
        def step(self, action):
            if self.over:
                return "over", 0.0, True, {{}}
            self.turn += 1
            self.over = self.turn >= 8
            self.log.append(action)
            if action == "read":
                slip = f"slip: account {{self.account}} amount {{self.amount}}"
                return slip, 0.0, self.over, {{}}
            if action.startswith("look:"):
                balance = self.other if action == f"look:{{self.account}}" else 0
                return f"balance {{balance}}", 0.0, self.over, {{}}
            if action.startswith("post:"):
                self.posted.append(action.removeprefix("post:"))
                return {reply}, 0.0, self.over, {{}}
            if action.startswith("sign:"):
                return "signed", 0.0, self.over, {{}}
            if action == "close":
                self.over = True
                right = self.posted == [f"{{self.account}}={{self.amount}}"]
                return "closed", float({judged}), True, {{}}
            return {unknown}, 0.0, self.over, {{}}
    def oracle(env, seed):
        return {plan}
    """
    )


def choice(
    paid: str,
    labels: str = '["a", "b", "c", "d"]',
    draw: str = "rng.choice(LABELS)",
    prompt: str = 'f"case {seed}: {self.right[::-1]}"',
) -> str:
    """One decision among literal actions."""
    return world(
        f"""
    LABELS = ACTIONS = {labels}
    class Env:
        max_steps = 1
        def reset(self, seed):
            rng = random.Random(seed)
            self.right, self.over = {draw}, False
            return {prompt}
        def step(self, action):
            paid = 0.0 if self.over else float({paid})
            self.over = True
            return "done", paid, True, {{}}
    def oracle(env, seed):
        return [env.right]
    """
    )


def rooms(
    *moves: str,
    plan: str = '["take lamp"] + ["forward"] * env.n + ["leave"]',
    actions: str = '"forward", "back", "take lamp", "drop lamp", "leave", "rest"',
    prompt: str = 'f"corridor of {self.n}"',
) -> str:
    """A corridor of a length drawn from the seed, a lamp, and a door; `moves` are the lines of what
    an action does and pays.
    """
    code = "\n".join(block(lines, 0) for lines in moves)
    return world(
        f"""
    ACTIONS = [{actions}]
    class Env:
        max_steps = 30
        def reset(self, seed):
            self.n = random.Random(seed).randrange(3, 9)
            self.at, self.lamp, self.over, self.turn = 0, False, False, 0
            return {prompt}
        def step(self, action):
            if self.over:
                return self.after(action)
            self.turn += 1
            paid = self.move(action)
            self.over = self.over or self.turn >= self.max_steps
            return f"at {{self.at}}, lamp {{self.lamp}}", paid, self.over, {{}}
        def after(self, action):
            return "over", 0.0, True, {{}}
        def move(self, action):
            {block(code, 12)}
            return 0.0
    def oracle(env, seed):
        return {plan}
    """
    )
