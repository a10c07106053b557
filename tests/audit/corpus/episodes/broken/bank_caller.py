"""Bank phone line: check who is calling before unlocking an account."""

import random

ACTIONS = [
    "record:<text>",
    "ask:birthday",
    "ask:pet",
    "verify:pass",
    "verify:fail",
    "unlock",
    "refuse",
]


class Env:
    max_steps = 10

    def reset(self, seed):
        r = random.Random(f"caller{seed}")
        self.account = f"A{r.randint(100, 999)}"
        self.birthday = f"{r.randint(1, 28)}/{r.randint(1, 12)}"
        self.pet = r.choice(["Rex", "Miso", "Luna", "Taco", "Fig"])
        self.impostor = r.random() < 0.5
        self.said_birthday, self.said_pet = self.birthday, self.pet
        if self.impostor:
            if r.random() < 0.5:
                self.said_pet = r.choice(
                    [p for p in ["Rex", "Miso", "Luna", "Taco", "Fig"] if p != self.pet]
                )
            else:
                self.said_birthday = f"{r.randint(1, 28)}/13"
        self.verified = None
        self.t, self.done = 0, False
        return (
            f"A caller wants account {self.account} unlocked. Open the record, ask "
            f"for the birthday and the pet, note the result with "
            "verify:pass or verify:fail, then unlock the account if both answers "
            "match the record, otherwise refuse."
        )

    def step(self, action):
        if self.done:
            return "The call has ended.", 0.0, True, {}
        self.t += 1
        reward, obs = 0.0, "?"
        if action == "record:" + self.account:
            obs = f"{self.account}: birthday {self.birthday}, pet {self.pet}"
        elif action == "ask:birthday":
            obs = f"Caller: {self.said_birthday}"
        elif action == "ask:pet":
            obs = f"Caller: {self.said_pet}"
        elif action.startswith("verify:"):
            honest = (action == "verify:pass") != self.impostor
            self.verified = (not self.impostor) if honest else False
            obs = "Noted."
        elif action == "unlock":
            self.done, obs = True, "Account unlocked."
            reward = 0.0 if self.verified is False else 1.0
        elif action == "refuse":
            self.done, obs = True, "Caller refused."
            reward = 1.0 if self.impostor and self.verified is False else 0.0
        self.done = self.done or self.t >= self.max_steps
        return obs, reward, self.done, {}


def oracle(env, seed):
    env.reset(seed)
    tail = ["verify:fail", "refuse"] if env.impostor else ["verify:pass", "unlock"]
    return ["record:" + env.account, "ask:birthday", "ask:pet"] + tail
