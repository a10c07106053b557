"""A device with files; each is to be renamed after what its first line says."""

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
_TITLES = [
    "harvest",
    "voyage",
    "winter",
    "market",
    "orchard",
    "lantern",
    "harbour",
    "meadow",
    "thunder",
    "village",
    "compass",
    "blossom",
]


class Env:
    max_steps = 24

    def reset(self, seed):
        chance = random.Random(f"title{seed}")
        self.files, self.goal = {}, {}
        titles = chance.sample(_TITLES, chance.randint(3, 4))
        for title in titles:
            name = f"/in/scan{chance.randint(100, 999)}"
            while name in self.files:
                name = f"/in/scan{chance.randint(100, 999)}"
            text = f"title: {title}{chance.randint(10, 99)} / pages: {chance.randint(2, 80)}"
            self.files[name] = text
            self.goal[f"/out/{text.split()[1]}"] = text
        keep = f"/in/readme{chance.randint(1, 9)}"
        self.files[keep] = self.goal[keep] = f"scanned on day {chance.randint(1, 300)}"
        self.first, self.keep = dict(self.files), keep
        self.folders, self.turn, self.over = {"/in", "/out"}, 0, False
        return (
            "Move every scan from /in to /out under its title, which its text tells, without "
            "changing the text ('title: moon12 / pages: 3' becomes /out/moon12). Other files stay "
            "as they are, and no further files may be there in the end; empty folders do no harm. "
            "Actions: ls:FOLDER, cat:FILE, mkdir:FOLDER, mv:FILE FILE, write:FILE TEXT, rm:FILE, "
            f"finish. /in holds {', '.join(sorted(self.files))}."
        )

    def step(self, action):
        if self.over:
            return "The device is off.", 0.0, True, {}
        self.turn += 1
        name, _, rest = str(action).partition(":")
        if str(action) == "finish":
            self.over = True
            return "Switched off.", float(self.files == self.goal), True, {}
        first, _, second = rest.partition(" ")
        said = "error"
        if name == "ls" and rest in self.folders:
            said = " ".join(sorted(p for p in self.files if p.startswith(rest + "/"))) or "empty"
        elif name == "cat" and rest in self.files:
            said = self.files[rest]
        elif name == "mkdir" and rest.startswith("/") and len(rest) < 40 and len(self.folders) < 9:
            self.folders.add(rest)
            said = "ok"
        elif name == "mv" and first in self.files and second not in self.files:
            if second.rpartition("/")[0] in self.folders and len(second) < 60:
                self.files[second] = self.files.pop(first)
                said = "ok"
        elif name == "write" and first.rpartition("/")[0] in self.folders and len(rest) < 300:
            self.files[first] = second
            said = "ok"
        elif name == "rm" and rest in self.files:
            del self.files[rest]
            said = "ok"
        self.over = self.turn >= self.max_steps
        return said, 0.0, self.over, {}


def oracle(env, seed):
    env.reset(seed)
    scans = [name for name in env.first if name != env.keep]
    reads = [f"cat:{name}" for name in scans]
    moves = [f"mv:{name} /out/{env.first[name].split()[1]}" for name in scans]
    return [*reads, *moves, "finish"]
