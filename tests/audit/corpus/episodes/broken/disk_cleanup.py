"""Disk cleanup: remove the expired files, keep the others."""

import fnmatch
import random

ACTIONS = ["ls", "stat:<text>", "rm:<text>", "finish"]


class Env:
    max_steps = 30

    def reset(self, seed):
        r = random.Random(f"disk{seed}")
        stems = r.sample(
            [
                "budget",
                "invoice",
                "photo",
                "backup",
                "thesis",
                "trace",
                "notes",
                "draft",
                "export",
                "report",
            ],
            8,
        )
        self.limit = r.choice([30, 60, 90])
        self.files = {
            s + r.choice([".txt", ".csv", ".log", ".bin"]): r.randint(1, 120) for s in stems
        }
        names = sorted(self.files)
        self.files[names[0]], self.files[names[1]] = self.limit + 5, self.limit - 5
        self.t, self.done = 0, False
        return (
            f"Disk cleanup job. Delete exactly the files older than {self.limit} "
            f"days; all younger files belong to users "
            "and must stay. Use ls, stat:<name> for the age, rm:<name or pattern>, and finish."
        )

    def step(self, action):
        if self.done:
            return "Job is over.", 0.0, True, {}
        self.t += 1
        reward, obs = 0.0, "sh: command not found"
        verb, _, arg = action.strip().partition(":")
        if verb == "ls":
            obs = "\n".join(sorted(self.files)) or "(empty)"
        elif verb == "stat":
            obs = (
                f"{arg}: {self.files[arg]} days old" if arg in self.files else "stat: no such file"
            )
        elif verb == "rm":
            hit = fnmatch.filter(list(self.files), arg)
            for name in hit:
                del self.files[name]
            obs = f"removed {len(hit)} file(s)"
        elif verb == "finish":
            self.done = True
            clean = all(age <= self.limit for age in self.files.values())
            reward, obs = (1.0, "Disk is clean.") if clean else (0.0, "Expired files remain.")
        self.done = self.done or self.t >= self.max_steps
        return obs, reward, self.done, {}


def oracle(env, seed):
    env.reset(seed)
    names = sorted(env.files)
    return (
        ["ls"]
        + ["stat:" + n for n in names]
        + ["rm:" + n for n in names if env.files[n] > env.limit]
        + ["finish"]
    )
