"""Pharmacy counter: choose drug and dose for a patient, then sign once. Order of the steps is
free."""

import random

ACTIONS = ["patient", "leaflet:<text>", "weather", "smalltalk", "drug:<text>", "dose:<int>", "sign"]
DRUGS = ["amoran", "belvex", "cortil", "dapsin", "efenol", "fluvane", "gastrin", "histal"]
CLASSES = ["penicillin", "sulfa", "opioid", "nsaid"]
ILLS = ["cough", "fever"]


class Env:
    max_steps = 30

    def reset(self, seed):
        r = random.Random(f"pharmacy{seed}")
        pairs = [(ill, c) for ill in ILLS for c in CLASSES]
        r.shuffle(pairs)
        self.info = dict(zip(DRUGS, pairs))
        self.factor = {d: r.randint(2, 15) for d in DRUGS}
        self.ill, ok = r.choice(ILLS), r.choice(CLASSES)
        self.allergies = [c for c in CLASSES if c != ok]
        self.right = next(d for d in DRUGS if self.info[d] == (self.ill, ok))
        self.kilos = r.randint(20, 110)
        self.drug, self.dose, self.t, self.done = None, None, 0, False
        return (
            "Prescribe for the patient at the counter: a drug that treats the "
            "complaint and is of no class the patient is allergic to, "
            "dose = mg per kg from its leaflet x weight in kg. See patient and "
            "leaflet:<drug>; fill in drug:<name> and dose:<mg> in any "
            f"order, change them as you like, then sign, once. Full reward only if "
            f"both are right. Drugs: {', '.join(DRUGS)}."
        )

    def step(self, action):
        if self.done:
            return "The counter is closed.", 0.0, True, {}
        self.t += 1
        reward, obs = 0.0, "Pardon?"
        verb, _, arg = action.partition(":")
        if verb == "patient":
            obs = (
                f"Complaint: {self.ill}. Allergic to: {', '.join(self.allergies)}. "
                f"Weight: {self.kilos} kg."
            )
        elif verb == "leaflet" and arg in self.info:
            obs = (
                f"{arg}: for {self.info[arg][0]}, class {self.info[arg][1]}, "
                f"{self.factor[arg]} mg per kg."
            )
        elif verb in ("weather", "smalltalk"):
            obs = "Nice day, isn't it?"
        elif verb == "drug" and arg in self.info:
            self.drug, obs = arg, "Noted."
        elif verb == "dose" and arg.isdecimal():
            self.dose, obs = int(arg), "Noted."
        elif verb == "sign":
            self.done = True
            right = self.drug == self.right and self.dose == self.factor[self.right] * self.kilos
            reward, obs = (1.0, "Thank you!") if right else (0.0, "The prescription was sent back.")
        self.done = self.done or self.t >= self.max_steps
        return obs, reward, self.done, {}


def oracle(env, seed):
    env.reset(seed)
    return (
        ["patient"]
        + ["leaflet:" + d for d in DRUGS]
        + [f"dose:{env.factor[env.right] * env.kilos}", "drug:" + env.right, "sign"]
    )
