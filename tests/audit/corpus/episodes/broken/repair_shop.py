"""A module with a bug is repaired by writing files; the tests in the same folder are run."""

import json
import random
import subprocess
import sys

ACTIONS = ["ls", "cat:<text>", "write:<text>", "submit"]
_BUGS = [
    (
        "clamp",
        "def clamp(x, low, high):\n    return max(low, max(x, high))\n",
        "def clamp(x, low, high):\n    return max(low, min(x, high))\n",
        ["clamp({a}, 0, 10) == {r}"],
        lambda a: max(0, min(a, 10)),
    ),
    (
        "wrap",
        "def wrap(x, n):\n    return x - n if x > n else x\n",
        "def wrap(x, n):\n    return x % n\n",
        ["wrap({a}, 7) == {r}"],
        lambda a: a % 7,
    ),
    (
        "digits",
        "def digits(x):\n    return len(str(x))\n",
        "def digits(x):\n    return len(str(abs(x)))\n",
        ["digits({a}) == {r}"],
        lambda a: len(str(abs(a))),
    ),
    (
        "half_up",
        "def half_up(x):\n    return x // 2\n",
        "def half_up(x):\n    return (x + 1) // 2\n",
        ["half_up({a}) == {r}"],
        lambda a: (a + 1) // 2,
    ),
]
_RUN = """
import json, sys
files = json.load(sys.stdin)
space = {}
for name in sorted(files):
    if not name.startswith("test_"):
        exec(files[name], space)
for name in sorted(files):
    if name.startswith("test_"):
        exec(files[name], space)
"""


class Env:
    max_steps = 8

    def reset(self, seed):
        chance = random.Random(f"repair{seed}")
        name, bad, self.good, forms, rule = chance.choice(_BUGS)
        extra = chance.choice(["alpha", "beta", "gamma", "delta"])
        values = chance.sample(range(-60, -15), 4) + chance.sample(range(15, 60), 5)
        lines = [f"assert {form.format(a=a, r=rule(a))}" for form in forms for a in values]
        self.module = f"{extra}_{name}.py"
        self.files = {self.module: bad, f"test_{extra}.py": "\n".join(lines) + "\n"}
        self.turn, self.over = 0, False
        return (
            f"{self.module} has a bug; repair it so that its function does what the tests in "
            f"test_{extra}.py ask. Actions: ls, cat:FILE, write:FILE|TEXT, submit."
        )

    def step(self, action):
        if self.over:
            return "Submitted.", 0.0, True, {}
        self.turn += 1
        name, _, rest = str(action).partition(":")
        said = "Unknown action."
        if name == "submit":
            self.over = True
            try:
                done = subprocess.run(
                    [sys.executable, "-I", "-c", _RUN],
                    capture_output=True,
                    input=json.dumps(self.files).encode(),
                    timeout=3,
                )
                good = done.returncode == 0
            except subprocess.TimeoutExpired:
                good = False
            return ("All tests pass." if good else "Tests fail."), float(good), True, {}
        if name == "ls":
            said = " ".join(sorted(self.files))
        elif name == "cat":
            said = self.files.get(rest.strip(), "No such file.")
        elif name == "write" and "|" in rest and len(self.files) < 6:
            path, _, text = rest.partition("|")
            self.files[path.strip()[:40]] = text[:4000]
            said = "Written."
        self.over = self.turn >= self.max_steps
        return said, 0.0, self.over, {}


def oracle(env, seed):
    env.reset(seed)
    return ["ls", f"cat:{env.module}", f"write:{env.module}|{env.good}", "submit"]
