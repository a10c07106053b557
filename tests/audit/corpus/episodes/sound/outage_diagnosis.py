"""Outage diagnosis: trace the failing service and apply one fix; a small credit for the right
service with the wrong fix."""

import random

ACTIONS = ["status", "deps:<text>", "log:<text>", "runbook:<int>", "fix:<text> (service/remedy)"]
SERVICES = ["auth", "billing", "cart", "search", "mailer", "catalog", "gateway", "ledger"]
REMEDIES = ["restart", "rollback", "scale", "rotate-keys", "purge-cache", "failover"]


class Env:
    max_steps = 25

    def reset(self, seed):
        r = random.Random(f"outage{seed}")
        self.chain = r.sample(SERVICES, r.randint(3, 6))
        self.root = self.chain[-1]
        codes = r.sample(range(100, 1000), len(REMEDIES))
        self.runbook = dict(zip(codes, r.sample(REMEDIES, len(REMEDIES))))
        self.code = r.choice(codes)
        self.t, self.done = 0, False
        return (
            f"Service {self.chain[0]} is down because something it depends on "
            f"failed. Follow deps:<service> and log:<service> to the service "
            "that logs an error code, look the code up with runbook:<code>, and "
            "apply fix:<service>/<remedy>. Only one fix may be applied: "
            f"1.0 if right, 0.1 for the failed service with a wrong remedy. "
            f"Services: {', '.join(SERVICES)}. Remedies: {', '.join(REMEDIES)}."
        )

    def step(self, action):
        if self.done:
            return "The incident is closed.", 0.0, True, {}
        self.t += 1
        reward, obs = 0.0, "Unknown command."
        verb, _, arg = action.partition(":")
        if verb == "status":
            obs = f"DOWN: {self.chain[0]}"
        elif verb == "deps" and arg in SERVICES:
            i = self.chain.index(arg) if arg in self.chain else -1
            obs = (
                f"{arg} waits for: "
                f"{self.chain[i + 1] if 0 <= i < len(self.chain) - 1 else 'nothing'}"
            )
        elif verb == "log" and arg in SERVICES:
            obs = (
                f"{arg}: ERROR code {self.code}"
                if arg == self.root
                else f"{arg}: timeout upstream"
                if arg in self.chain
                else f"{arg}: ok"
            )
        elif verb == "runbook":
            obs = (
                f"code {arg}: {self.runbook[int(arg)]}"
                if arg.isdecimal() and int(arg) in self.runbook
                else "No such page."
            )
        elif verb == "fix":
            service, _, remedy = arg.partition("/")
            self.done = True
            if service == self.root:
                reward = 1.0 if remedy == self.runbook[self.code] else 0.1
            obs = "Recovered." if reward == 1.0 else "Still failing."
        self.done = self.done or self.t >= self.max_steps
        return obs, reward, self.done, {}


def oracle(env, seed):
    env.reset(seed)
    return ["deps:" + s for s in env.chain] + [
        "log:" + env.root,
        f"runbook:{env.code}",
        f"fix:{env.root}/{env.runbook[env.code]}",
    ]
