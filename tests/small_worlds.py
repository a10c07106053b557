"""Episodic environments of a few lines for the audit's tests: sound ones that look suspicious, and
ones with a flaw.

`SOUND` maps a name to a source; `BROKEN` maps a name to the checks of which at least one must fail,
and a source.
"""

from world_sources import choice, desk, grid, guessing, rooms, world

MOVES = """
if action == "take lamp":
    self.lamp = True
if action == "drop lamp":
    self.lamp = False
if action == "forward":
    self.at += 1
if action == "back":
    self.at = max(0, self.at - 1)
"""
PAID_MOVES = """
if action == "take lamp":
    had, self.lamp = self.lamp, True
    return 0.0 if had else 0.3
if action == "drop lamp":
    had, self.lamp = self.lamp, False
    return -0.3 if had else 0.0
if action == "forward":
    self.at += 1
if action == "back":
    self.at = max(0, self.at - 1)
"""
LEAVE = """
if action == "leave":
    self.over = True
    return 1.0 if self.at == self.n and self.lamp else 0.0
"""
TOLD = 'f"Post {self.amount} to {self.account} and close."'
LOOK_AND_POST = '["read", f"look:{env.account}", f"post:{env.account}={env.amount}", "close"]'
NEAR = "1 - abs(LABELS.index(action) - LABELS.index(self.right)) / 9 if action in LABELS else 0"
RIGHT_PLACES = "sum(a == b for a, b in zip(str(n).zfill(3), str(self.n).zfill(3)))"
SURVIVAL = """
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
        push = {"left": -1, "right": 1}.get(action, 0)
        weight = 1 if self.tilt > 0 else -1 if self.tilt < 0 else 0
        self.tilt += push + weight + self.wind[self.turn]
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
"""
SORTING = """
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
        over = self.turn >= 6
        return "end" if over else f"item {self.items[self.turn]}", right / 6, over, {}
def oracle(env, seed):
    return ["discard" if item % 2 else "keep" for item in env.items]
"""
BOXES = """
ACTIONS = ["open:<text>"]
COLOURS = "red blue green white black grey pink brown lilac".split()
class Env:
    max_steps = 2
    def reset(self, seed):
        rng = random.Random(seed)
        self.boxes, self.turn, self.over = rng.sample(COLOURS, 5), 0, False
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

SOUND = {
    "dense potential": grid(),
    "dense potential without a state": grid(state=False),
    "step costs": grid("(1.0 if after == 0 else 0.0) * far - 0.01 * far"),
    "costs and a slow oracle": grid("(1.0 if after == 0 else 0.0) * far - 0.03 * far").replace(
        "abs(dx) +", "abs(dx) + ['wait'] * 3 +"
    ),
    "higher or lower": guessing(),
    "a wrong guess ends it and is told": guessing(
        20, 3, wrong='f"no, it was {self.n}"', first=True
    ),
    "three tries in twenty": guessing(20, 3, wrong='"no"'),
    "the legal range is told": guessing(
        500, 12, bad='"expected guess: and a number from 0 to 499"'
    ),
    "one instance": guessing(100, 5, prompt='"one instance"').replace(
        "random.Random(seed).randrange(100)", "42"
    ),
    "bandit with four arms": choice("action == self.right", prompt='f"round {seed}: which arm?"'),
    "two labels": choice(
        "action == self.right", '["keep", "drop"]', prompt='f"{self.right[::-1]}"'
    ),
    "three fixed instances": choice("action == self.right", draw="LABELS[seed % 3]"),
    "partial credit for being near": choice(NEAR, "[str(n) for n in range(10)]"),
    "an informative look": desk("right"),
    "an optional look with arguments": desk(
        "right", '"read", "look:<int>", "post:<text>", "close"', LOOK_AND_POST
    ),
    "an optional look at what was told": desk("right", prompt=TOLD),
    "the lamp is needed": rooms(MOVES, LEAVE),
    "a wait that does nothing": rooms(
        MOVES, LEAVE, plan='["take lamp", "rest"] + ["forward"] * env.n + ["leave"]'
    ),
    "only new ground pays": grid(
        "max(0, self.low - after)", "self.low = min(self.low, after)", steps=10
    )
    .replace("self.was = ", "self.was, self.low = ")
    .replace("set()\n", "set(), self.left()\n"),
    "undo takes it back": rooms(PAID_MOVES, LEAVE.replace("1.0", "0.7")),
    "survival": world(SURVIVAL),
    "sorting with partial credit": world(SORTING),
    "an error lists the options": world(BOXES),
    "code by places": guessing(1000, 8, wrong=f'f"{{{RIGHT_PLACES}}} digits right"'),
    "read the code, then enter it": desk("right", reply='"noted"'),
}

ONCE = """
if action == "take lamp":
    self.lamp = True
    return 0.3
"""
CLAIM = """
if "solved" in action:
    self.over = True
    return 1.0
"""
QUIT = """
if action == "rest":
    self.over = True
    return 1.0 - 0.01 * self.turn
"""
QUIT_ON_THE_WAY = """
if action == "rest" and self.at > 0:
    self.over = True
    return 1.0
"""
WAIT = """
if self.turn >= 30:
    return 1.0
"""
ENTER = """
if action == "forward" and self.at == 2:
    return 0.2
"""
MANY_ANSWERS = """
n = 0
if str(self.n) in action.split(":")[-1].replace(",", " ").split():
    self.over = True
    return "yes", 1.0, True, {}
"""
PREFIX = "bool(self.posted) and f'{self.account}={self.amount}'.startswith(self.posted[0])"
SAME_ACCOUNT = "bool(self.posted) and self.posted[0].split('=')[0] == str(self.account)"
POST_AND_SIGN = '["read", f"post:{env.account}={env.amount}", f"sign:{env.account}", "close"]'
QUOTED_PLAN = """f"unknown action; did you mean 'post:{self.account}={self.amount}'?\""""
ROUND_WALK = "(before - after) + (0.3 * far if (self.x, self.y) == (0, 0) else 0)"
BONUS = "(before - after) + (2 * far if (self.x, self.y) == (0, 0) and turn > 6 else 0)"

BROKEN = {
    "doing nothing pays": (
        ("passive",),
        choice("action != self.right or True", prompt='f"case {seed}: {self.right}"'),
    ),
    "an unknown action pays": (
        ("passive",),
        choice("action == self.right or action not in LABELS"),
    ),
    "empty text is a prefix": (("passive", "blind_plans"), desk(PREFIX)),
    "a claim pays": (
        ("passive",),
        rooms(MOVES, LEAVE, CLAIM, actions='"forward", "back", "take lamp", "leave", "say:<text>"'),
    ),
    "quitting pays": (("passive",), rooms(MOVES, LEAVE, QUIT)),
    "quitting on the way pays": (
        ("passive", "plan_steps", "blind_plans"),
        rooms(MOVES, LEAVE, QUIT_ON_THE_WAY),
    ),
    "staying alive pays more than finishing": (
        ("passive", "cycles"),
        grid("0.1 * far + (1.0 if after == 0 else 0.0) * far"),
    ),
    "waiting to the end pays": (("passive", "blind_plans"), rooms(MOVES, LEAVE, WAIT)),
    "a negative number pays": (
        ("passive", "blind_plans"),
        guessing(right="n == self.n or n < 0"),
    ),
    "a huge number pays": (
        ("passive", "blind_plans"),
        guessing(right="n == self.n or n > 10**9"),
    ),
    "progress pays, going back is free": (("cycles",), grid("max(0, before - after)")),
    "any change pays": (("cycles",), grid("abs(before - after)")),
    "taking the lamp pays each time": (
        ("cycles",),
        rooms(ONCE, MOVES, LEAVE.replace("1.0", "0.7")),
    ),
    "a room pays each time it is entered": (
        ("cycles", "state_graph"),
        rooms(MOVES, ENTER, LEAVE),
    ),
    "the goal pays while one stays": (
        ("cycles", "after_done", "passive"),
        grid("far if after == 0 else 0", over="False"),
    ),
    "pays after done": (
        ("after_done",),
        rooms(MOVES, LEAVE).replace(
            'return "over", 0.0, True', 'return "over", float(action == "leave"), True'
        ),
    ),
    "the goal pays again after done": (
        ("after_done",),
        grid("(1.0 if after == 0 else 0.0) * far").replace("if self.done or", "if"),
    ),
    "one plan for all": (
        ("blind_plans",),
        choice("action == 'b'", draw="'b'", prompt='f"case {seed}: which?"'),
    ),
    "one label is right nearly always": (
        ("blind_plans", "passive"),
        choice("action == self.right", draw="rng.choice(LABELS + ['c'] * 30)"),
    ),
    "unlimited tries": (("blind_plans",), guessing(20, 0, wrong='"no"')),
    "more tries than numbers": (("blind_plans",), guessing(20, 40, wrong='"no"')),
    "many answers in one action": (
        ("blind_plans", "passive"),
        guessing(20, 3, wrong='"no"', right="False", read=MANY_ANSWERS),
    ),
    "what is read is not used": (
        ("plan_steps",),
        desk("len(self.posted) == 0", plan='["read", "close"]'),
    ),
    "closing alone pays": (
        ("plan_steps", "passive", "blind_plans"),
        desk("True", prompt=TOLD),
    ),
    "any post pays": (("plan_steps", "plan_arguments", "passive"), desk("bool(self.posted)")),
    "the amount is ignored": (("plan_arguments",), desk(SAME_ACCOUNT)),
    "the post is not checked": (
        ("plan_steps", "plan_arguments"),
        desk(
            "any(a == f'sign:{self.account}' for a in self.log)",
            '"read", "post:<text>", "sign:<int>", "close"',
            POST_AND_SIGN,
        ),
    ),
    "the lamp is not checked": (
        ("plan_steps",),
        rooms(
            MOVES,
            LEAVE.replace(" and self.lamp", ""),
            prompt='f"Take the lamp, go through the corridor of {self.n} and leave."',
        ),
    ),
    "finishing costs": (
        ("plan_steps", "passive"),
        grid("(before - after) - (0.5 * far if after == 0 else 0)"),
    ),
    "an error tells the answer": (
        ("feedback_leaks",),
        guessing(bad='f"invalid literal, expected {self.n}"'),
    ),
    "a wrong answer is told the right one": (
        ("feedback_leaks",),
        guessing(wrong='f"no, it was {self.n}"'),
    ),
    "an error shows the state": (("feedback_leaks",), guessing(bad="str(self.__dict__)")),
    "a crash report quotes the plan": (
        ("quoted_plans",),
        desk(
            "right",
            plan='[f"post:{env.account}={env.amount}", "close"]',
            prompt='"Post the right amount to the right account and close."',
            unknown=QUOTED_PLAN,
        ),
    ),
    "the prompt shows the secret": (
        ("stated_answers",),
        guessing(prompt='f"Guess my number. [debug seed={seed} secret={self.n}]"'),
    ),
    "a longer walk round pays": (("state_graph", "cycles"), grid(ROUND_WALK)),
    "an unchecked bonus": (("state_graph", "passive", "cycles"), grid(BONUS)),
}
