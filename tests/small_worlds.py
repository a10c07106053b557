"""Episodic environments of a few lines for the audit's tests: sound ones that look suspicious, and
ones with a flaw.

`SOUND` maps a name to a source; `BROKEN` maps a name to the checks of which at least one must fail,
and a source.
"""

import textwrap


def world(body: str) -> str:
    """Return a file: imports, then the body."""
    return "import random\n" + textwrap.dedent(body)


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
    shown = "\n        def state(self):\n            return (self.x, self.y)" if state else ""
    return world(
        f"""
    ACTIONS = ["north", "south", "east", "west", "wait"]
    STEP = {{"north": (0, -1), "south": (0, 1), "east": (1, 0), "west": (-1, 0), "wait": (0, 0)}}
    class Env:
        max_steps = {steps}
        def reset(self, seed):
            rng = random.Random(seed)
            self.x, self.y, self.goal = rng.randrange(5), rng.randrange(5), (rng.randrange(5), rng.randrange(5))
            if (self.x, self.y) == self.goal:
                self.x = (self.x + 1) % 5
            self.far, self.done, self.turn, self.was = self.left(), False, 0, set()
            return self.seen()
        def left(self):
            return abs(self.x - self.goal[0]) + abs(self.y - self.goal[1])
        def seen(self):
            return f"you {{self.x}},{{self.y}} goal {{self.goal[0]}},{{self.goal[1]}}"{shown}
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
                n = int(action.removeprefix("guess:"))
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
    reply: str = '"ok"',
    told: str = "True",
) -> str:
    """Post an amount to an account, both told by `read`, and close; `judged` says when closing
    pays.
    """
    return world(
        f"""
    ACTIONS = [{actions}]
    class Env:
        max_steps = 8
        def reset(self, seed):
            rng = random.Random(seed)
            self.account, self.amount, self.other = rng.randrange(1000, 9999), rng.randrange(10, 99), rng.randrange(100, 999)
            self.posted, self.log, self.over, self.turn = [], [], False, 0
            return "Read the slip, post its amount to its account, and close the desk." if {told} else f"Post {{self.amount}} to {{self.account}} and close."
        def step(self, action):
            if self.over:
                return "over", 0.0, True, {{}}
            self.turn += 1
            self.over = self.turn >= 8
            self.log.append(action)
            if action == "read":
                return f"slip: account {{self.account}} amount {{self.amount}}", 0.0, self.over, {{}}
            if action.startswith("look:"):
                return f"balance {{self.other if action == f'look:{{self.account}}' else 0}}", 0.0, self.over, {{}}
            if action.startswith("post:"):
                self.posted.append(action.removeprefix("post:"))
                return {reply}, 0.0, self.over, {{}}
            if action.startswith("sign:"):
                return "signed", 0.0, self.over, {{}}
            if action == "close":
                self.over = True
                right = self.posted == [f"{{self.account}}={{self.amount}}"]
                return "closed", float({judged}), True, {{}}
            return "unknown action", 0.0, self.over, {{}}
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
    step: str,
    plan: str = '["take lamp"] + ["forward"] * env.n + ["leave"]',
    actions: str = '"forward", "back", "take lamp", "drop lamp", "leave", "rest"',
    steps: str = "max_steps = 30",
) -> str:
    """A corridor of a length drawn from the seed, a lamp, and a door; `step` is what an action does
    and pays.
    """
    return world(
        f"""
    ACTIONS = [{actions}]
    class Env:
        {steps}
        def reset(self, seed):
            self.n, self.at, self.lamp, self.over, self.turn = random.Random(seed).randrange(3, 9), 0, False, False, 0
            return f"corridor of {{self.n}}"
        def step(self, action):
            if self.over:
                return self.after(action)
            self.turn += 1
            paid = self.move(action)
            self.over = self.over or self.turn >= getattr(self, "max_steps", 10**9)
            return f"at {{self.at}}, lamp {{self.lamp}}", paid, self.over, {{}}
        def after(self, action):
            return "over", 0.0, True, {{}}
        def move(self, action):
            {step}
            return 0.0
    def oracle(env, seed):
        return {plan}
    """
    )


MOVES = (
    'if action == "take lamp": self.lamp = True\n            if action == "drop lamp": '
    'self.lamp = False\n            if action == "forward": self.at += 1\n            if '
    'action == "back": self.at = max(0, self.at - 1)\n            '
)
LEAVE = (
    'if action == "leave":\n                self.over = True\n                return 1.0 if '
    "self.at == self.n and self.lamp else 0.0\n            "
)

SOUND = {
    "dense potential": grid(),
    "dense potential without a state": grid(state=False),
    "step costs": grid("(1.0 if after == 0 else 0.0) * far - 0.01 * far"),
    "costs and a slow oracle": grid("(1.0 if after == 0 else 0.0) * far - 0.03 * far").replace("abs(dx) +", "abs(dx) + ['wait'] * 3 +"),
    "higher or lower": guessing(),
    "a wrong guess ends it and is told": guessing(20, 3, wrong='f"no, it was {self.n}"', first=True),
    "three tries in twenty": guessing(20, 3, wrong='"no"'),
    "the legal range is told": guessing(500, 12, bad='"expected guess: and a number from 0 to 499"'),
    "one instance": guessing(100, 5, prompt='"one instance"').replace("random.Random(seed).randrange(100)", "42"),
    "bandit with four arms": choice("action == self.right", prompt='f"round {seed}: which arm?"'),
    "two labels": choice("action == self.right", '["keep", "drop"]', prompt='f"{self.right[::-1]}"'),
    "three fixed instances": choice("action == self.right", draw="LABELS[seed % 3]"),
    "partial credit for being near": choice(("1 - abs(LABELS.index(action) - LABELS.index(self.right)) / 9 if action in LABELS else " "0"), '[str(n) for n in range(10)]'),
    "an informative look": desk("right"),
    "an optional look with arguments": desk("right", '"read", "look:<int>", "post:<text>", "close"', '["read", f"look:{env.account}", f"post:{env.account}={env.amount}", "close"]'),
    "an optional look at what was told": desk("right", told="False"),
    "the lamp is needed": rooms(MOVES + LEAVE),
    "a wait that does nothing": rooms(MOVES + LEAVE, '["take lamp", "rest"] + ["forward"] * env.n + ["leave"]'),
    "only new ground pays": grid("max(0, self.low - after)", "self.low = min(self.low, after)", steps=10)
    .replace("self.was = ", "self.was, self.low = ")
    .replace("set()\n", "set(), self.left()\n"),
    "undo takes it back": rooms(MOVES.replace("self.lamp = True", 'had, self.lamp = self.lamp, True; return 0.0 if had else 0.3').replace("self.lamp = False", "had, self.lamp = self.lamp, False; return -0.3 if had else 0.0") + LEAVE.replace("1.0", "0.7")),
    "survival": world(
        """
    ACTIONS = ["left", "right", "none"]
    class Env:
        max_steps = 30
        def reset(self, seed):
            self.rng = random.Random(seed)
            self.tilt, self.turn, self.over = self.rng.choice((-2, -1, 1, 2)), 0, False
            self.wind = [self.rng.choice((-1, 0, 1)) for _ in range(40)]
            return f"tilt {self.tilt}"
        def step(self, action):
            if self.over:
                return "over", 0.0, True, {}
            self.tilt += {"left": -1, "right": 1}.get(action, 0) + (1 if self.tilt > 0 else -1 if self.tilt < 0 else 0) + self.wind[self.turn]
            self.turn += 1
            fell = abs(self.tilt) > 4
            self.over = fell or self.turn >= 30
            return f"tilt {self.tilt}", 0.0 if fell else 1.0, self.over, {}
    def oracle(env, seed):
        tilt, plan = env.tilt, []
        for wind in env.wind[:30]:
            lean = tilt + (1 if tilt > 0 else -1 if tilt < 0 else 0) + wind
            plan.append("left" if lean > 0 else "right" if lean < 0 else "none")
            tilt = lean + {"left": -1, "right": 1, "none": 0}[plan[-1]]
        return plan
    """),
    "sorting with partial credit": world(
        """
    ACTIONS = ["keep", "discard"]
    class Env:
        max_steps = 6
        def reset(self, seed):
            rng = random.Random(seed)
            self.items, self.turn = [rng.randrange(100) for _ in range(6)], 0
            return f"item {self.items[0]}; keep the even ones"
        def step(self, action):
            if self.turn >= 6:
                return "over", 0.0, True, {}
            right = action == ("discard" if self.items[self.turn] % 2 else "keep")
            self.turn += 1
            return f"item {self.items[self.turn]}" if self.turn < 6 else "end", right / 6, self.turn >= 6, {}
    def oracle(env, seed):
        return ["discard" if item % 2 else "keep" for item in env.items]
    """),
    "an error lists the options": world(
        """
    ACTIONS = ["open:<text>"]
    class Env:
        max_steps = 2
        def reset(self, seed):
            rng = random.Random(seed)
            self.boxes, self.turn, self.over = rng.sample("red blue green white black grey pink brown lilac".split(), 5), 0, False
            self.right = rng.choice(self.boxes)
            return "Which box holds the key? You have two tries."
        def step(self, action):
            right = not self.over and action == f"open:{self.right}"
            self.turn += 1
            self.over = self.over or right or self.turn == 2
            return f"no; there are {self.boxes}", float(right), self.over, {}
    def oracle(env, seed):
        return [f"open:{env.right}"]
    """
    ),
    "code by places": guessing(1000, 8, wrong='f"{sum(a == b for a, b in zip(str(n).zfill(3), str(self.n).zfill(3)))} digits right"'),
    "read the code, then enter it": desk("right", plan='["read", f"post:{env.account}={env.amount}", "close"]', reply='"noted"'),
}  # fmt: skip

ONCE = (
    'if action == "take lamp":\n                self.lamp = True\n                return 0.3\n '
    "           "
)
BROKEN = {
    "doing nothing pays": (("passive",), choice("action != self.right or True", prompt='f"case {seed}: {self.right}"')),
    "an unknown action pays": (("passive",), choice("action == self.right or action not in LABELS")),
    "empty text is a prefix": (("passive", "blind_plans"), desk("bool(self.posted) and f'{self.account}={self.amount}'.startswith(self.posted[0])")),
    "a claim pays": (("passive",), rooms(MOVES + LEAVE + ('if "solved" in action:\n                self.over = True\n                return ' '1.0\n            '), actions='"forward", "back", "take lamp", "leave", "say:<text>"')),
    "quitting pays": (("passive",), rooms(MOVES + LEAVE + ('if action == "rest":\n                self.over = True\n                return 1.0 - ' '0.01 * self.turn\n            '))),
    "quitting on the way pays": (("passive", "plan_steps", "blind_plans"), rooms(MOVES + LEAVE + ('if action == "rest" and self.at > 0:\n                self.over = True\n              ' '  return 1.0\n            '))),
    "staying alive pays more than finishing": (("passive", "cycles"), grid("0.1 * far + (1.0 if after == 0 else 0.0) * far")),
    "waiting to the end pays": (("passive", "blind_plans"), rooms(MOVES + LEAVE + 'if self.turn >= 30:\n                return 1.0\n            ')),
    "a negative number pays": (("passive", "blind_plans"), guessing(right="n == self.n or n < 0")),
    "a huge number pays": (("passive", "blind_plans"), guessing(right="n == self.n or n > 10**9")),
    "progress pays, going back is free": (("cycles",), grid("max(0, before - after)")),
    "any change pays": (("cycles",), grid("abs(before - after)")),
    "taking the lamp pays each time": (("cycles",), rooms(ONCE + MOVES + LEAVE.replace("1.0", "0.7"))),
    "a room pays each time it is entered": (("cycles", "state_graph"), rooms(MOVES + 'if action == "forward" and self.at == 2:\n                return 0.2\n            ' + LEAVE)),
    "the goal pays while one stays": (("cycles", "after_done", "passive"), grid("far if after == 0 else 0", over="False")),
    "pays after done": (("after_done",), rooms(MOVES + LEAVE).replace('return "over", 0.0, True', 'return "over", float(action == "leave"), True')),
    "the goal pays again after done": (("after_done",), grid("(1.0 if after == 0 else 0.0) * far").replace("if self.done or", "if")),
    "one plan for all": (("blind_plans",), choice("action == 'b'", draw="'b'", prompt='f"case {seed}: which?"')),
    "one label is right nearly always": (("blind_plans", "passive"), choice("action == self.right", draw="rng.choice(LABELS + ['c'] * 30)")),
    "unlimited tries": (("blind_plans",), guessing(20, 0, wrong='"no"')),
    "more tries than numbers": (("blind_plans",), guessing(20, 40, wrong='"no"')),
    "many answers in one action": (("blind_plans", "passive"), guessing(20, 3, wrong='"no"', right="False").replace("n = int(action.removeprefix(\"guess:\"))", ('n = 0\n            if str(self.n) in action.split(":")[-1].replace(",", " ' '").split():\n                self.over = True\n                return "yes", 1.0, ' 'True, {}'))),
    "what is read is not used": (("plan_steps",), desk("len(self.posted) == 0", plan='["read", "close"]')),
    "closing alone pays": (("plan_steps", "passive", "blind_plans"), desk("True", told="False")),
    "any post pays": (("plan_steps", "plan_arguments", "passive"), desk("bool(self.posted)")),
    "the amount is ignored": (("plan_arguments",), desk("bool(self.posted) and self.posted[0].split('=')[0] == str(self.account)")),
    "the post is not checked": (("plan_steps", "plan_arguments"), desk("any(a == f'sign:{self.account}' for a in self.log)", '"read", "post:<text>", "sign:<int>", "close"', '["read", f"post:{env.account}={env.amount}", f"sign:{env.account}", "close"]')),
    "the lamp is not checked": (("plan_steps",), rooms(MOVES + LEAVE.replace(" and self.lamp", "")).replace('f"corridor of {self.n}"', 'f"Take the lamp, go through the corridor of {self.n} and leave."')),
    "finishing costs": (("plan_steps", "passive"), grid("(before - after) - (0.5 * far if after == 0 else 0)")),
    "an error tells the answer": (("feedback_leaks",), guessing(bad='f"invalid literal, expected {self.n}"')),
    "a wrong answer is told the right one": (("feedback_leaks",), guessing(wrong='f"no, it was {self.n}"')),
    "an error shows the state": (("feedback_leaks",), guessing(bad='str(self.__dict__)')),
    "a crash report quotes the plan": (("feedback_leaks",), desk("right", plan='[f"post:{env.account}={env.amount}", "close"]', told="False").replace('return "unknown action"', "return f\"unknown action; did you mean 'post:{self.account}={self.amount}'?\"").replace('else f"Post {self.amount} to {self.account} and close."', 'else "Post the right amount to the right account and close."')),
    "the prompt shows the secret": (("stated_answers",), guessing(prompt='f"Guess my number. [debug seed={seed} secret={self.n}]"')),
    "a longer walk round pays": (("state_graph", "cycles"), grid("(before - after) + (0.3 * far if (self.x, self.y) == (0, 0) else 0)")),
    "an unchecked bonus": (("state_graph", "passive", "cycles"), grid("(before - after) + (2 * far if (self.x, self.y) == (0, 0) and turn > 6 else 0)")),
}  # fmt: skip
