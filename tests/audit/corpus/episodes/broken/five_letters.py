"""A word of five letters has to be found in six guesses; marks tell which letters are right."""

import difflib
import random

ACTIONS = ["guess:<text>"]
_WORDS = (
    "apple baker candy dance eagle fable giant habit ideal jolly knife lemon magic noble ocean "
    "piano queen river salad table uncle voice wagon xenon yacht zebra amber beach cabin daisy "
    "early fancy globe honey ivory judge koala laser maple night olive pearl quilt robin sugar"
).split()


class Env:
    max_steps = 9

    def reset(self, seed):
        chance = random.Random(f"letters{seed}")
        self.word = chance.choice(_WORDS)
        self.odd, self.used, self.turn, self.over = 0, 0, 0, False
        return (
            "Find the word of five letters with guess:WORD, in six guesses. Marks: + right place, "
            "? other place, - not in the word. Words that I do not know are not counted, at most "
            "three of them."
        )

    def _marks(self, said):
        out = ["-"] * 5
        rest = [b for a, b in zip(said, self.word) if a != b]
        for i, (a, b) in enumerate(zip(said, self.word)):
            if a == b:
                out[i] = "+"
        for i, a in enumerate(said):
            if out[i] == "-" and a in rest:
                out[i] = "?"
                rest.remove(a)
        return "".join(out)

    def step(self, action):
        if self.over:
            return "The game is over.", 0.0, True, {}
        self.turn += 1
        name, _, said = str(action).partition(":")
        said = said.strip().lower()
        if name != "guess" or said not in _WORDS:
            self.odd += 1
            text = "I do not know this word."
            if self.odd >= 2:
                near = difflib.get_close_matches(self.word, _WORDS, n=1, cutoff=0.0)
                text += f" Did you mean '{near[0]}'?"
            self.over = self.odd > 3 or self.turn >= self.max_steps
            return text, 0.0, self.over, {}
        if said == self.word:
            self.over = True
            return "+++++ That is it.", 1.0, True, {}
        self.used += 1
        self.over = self.used >= 6 or self.turn >= self.max_steps
        return self._marks(said), 0.0, self.over, {}


def oracle(env, seed):
    env.reset(seed)
    return [f"guess:{env.word}"]
