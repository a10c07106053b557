"""A small file system: the files of one kind have to be moved from the desk into a new folder."""

import random

ACTIONS = [
    "ls:<text>",
    "cat:<text>",
    "mkdir:<text>",
    "mv:<text>",
    "write:<text>",
    "rm:<text>",
    "finish",
]
_STEMS = ["budget", "letter", "plan", "photo", "menu", "route", "notes", "draft"]


class Env:
    max_steps = 20

    def reset(self, seed):
        chance = random.Random(f"archive{seed}")
        self.target = f"/archive{chance.randint(10, 99)}"
        self.kind = chance.choice(["txt", "csv", "md"])
        self.files = {}
        for stem in chance.sample(_STEMS, 6):
            ending = chance.choice([self.kind, "txt", "csv", "md"])
            self.files[f"/desk/{stem}.{ending}"] = f"{stem} {chance.randint(1000, 9999)}"
        self.names = [p.split("/")[-1] for p in self.files if p.endswith("." + self.kind)]
        if not self.names:
            name = f"list.{self.kind}"
            self.files[f"/desk/{name}"] = f"list {chance.randint(1000, 9999)}"
            self.names = [name]
        self.folders = {"/desk"}
        self.turn, self.over = 0, False
        return (
            f"Make the folder {self.target} and move all .{self.kind} files of /desk there, with "
            "their contents; leave the others. Actions: ls:DIR, cat:FILE, mkdir:DIR, mv:FILE FILE, "
            f"write:FILE TEXT, rm:FILE, finish. /desk has: {', '.join(sorted(self.files))}"
        )

    def _done(self):
        have = {p.split("/")[-1] for p in self.files if p.startswith(self.target + "/")}
        left = [p for p in self.files if p.startswith("/desk/") and p.endswith("." + self.kind)]
        others = [p for p in self.files if p.startswith("/desk/")]
        return have == set(self.names) and not left and len(others) == self.kept

    def step(self, action):
        if self.over:
            return "Logged out.", 0.0, True, {}
        if self.turn == 0:
            self.kept = len(self.files) - len(self.names)
        self.turn += 1
        name, _, rest = str(action).partition(":")
        first, _, second = rest.partition(" ")
        said = "error"
        if name == "finish":
            self.over = True
            return "bye", float(self._done()), True, {}
        if name == "ls":
            said = " ".join(sorted(p for p in self.files if p.startswith(first + "/"))) or "empty"
        elif name == "cat" and first in self.files:
            said = self.files[first]
        elif name == "mkdir" and first.startswith("/") and len(self.folders) < 10:
            self.folders.add(first[:40])
            said = "ok"
        elif name == "mv" and first in self.files and second.rpartition("/")[0] in self.folders:
            self.files[second] = self.files.pop(first)
            said = "ok"
        elif name == "write" and first.rpartition("/")[0] in self.folders:
            self.files[first] = second[:200]
            said = "ok"
        elif name == "rm" and first in self.files:
            del self.files[first]
            said = "ok"
        self.over = self.turn >= self.max_steps
        return said, 0.0, self.over, {}


def oracle(env, seed):
    env.reset(seed)
    moves = [f"mv:/desk/{name} {env.target}/{name}" for name in env.names]
    return [f"mkdir:{env.target}", *moves, "finish"]
