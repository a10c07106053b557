"""Eight races told by hand, and no more: who came first to last? The order is given once."""

import random

ACTIONS = ["order:<text>"]
RACES = [
    (
        "Ada, Ben, Cleo and Dov ran. Ben was last. Cleo came in right before Ada, and "
        "Dov before both.",
        "dov cleo ada ben",
    ),
    (
        "Eva, Finn, Gus and Hana ran. Hana beat everyone but Gus. Eva was not last.",
        "gus hana eva finn",
    ),
    (
        "Ivo, Jun, Kai and Lea ran. Lea finished between Jun and Kai, next to both. Ivo "
        "won, and Kai was not last.",
        "ivo kai lea jun",
    ),
    (
        "Mia, Noor, Ole and Pia ran. Ole was third. Mia and Pia were neighbours, and Pia "
        "was ahead. Noor was last.",
        "pia mia ole noor",
    ),
    (
        "Quin, Rosa, Sam and Tess ran. Tess was ahead of Sam, Sam of Rosa, and Rosa of Quin.",
        "tess sam rosa quin",
    ),
    (
        "Uma, Vic, Wen and Xia ran. Neither Uma nor Vic was first or last. Vic was right "
        "behind Wen.",
        "wen vic uma xia",
    ),
    (
        "Yul, Zoe, Abe and Bea ran. Two were ahead of Zoe. Bea was behind Zoe, and Abe "
        "was not the winner.",
        "yul abe zoe bea",
    ),
    (
        "Cy, Dee, Ed and Fay ran. Fay and Cy took the first two places, in alphabetical "
        "order. Dee was last.",
        "cy fay ed dee",
    ),
]


class Env:
    max_steps = 1

    def reset(self, seed: int) -> str:
        self.race = random.Random(f"race {seed}").randrange(len(RACES))
        self.done = False
        return (
            f"{RACES[self.race][0]} Give the order as four names in lower case with spaces "
            f"between them, the winner first."
        )

    def state(self) -> tuple:
        return (self.race, self.done)

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        if self.done:
            return "The race is over.", 0.0, True, {}
        self.done = True
        return "Noted.", 1.0 if action == f"order:{RACES[self.race][1]}" else 0.0, True, {}


def oracle(env: Env, seed: int) -> list[str]:
    return [f"order:{RACES[env.race][1]}"]
