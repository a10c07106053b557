"""Words are found in a rack of letters; upper and lower case are the same, and four words win."""

import random
from collections import Counter

WORDS = (
    "acorn alert amber anchor apple arrow badge baker basin beach berry blade board "
    "brick bridge cabin camel candle carpet "
    "castle cedar chair cherry cliff clock coral crane crown daisy dance desert dragon "
    "eagle earth ember engine fable ferry "
    "field flame forest garden ginger glove grain grape harbor hazel honey horse island "
    "ivory jelly kettle ladder lemon lion "
    "maple meadow melon metal mirror ocean olive onion orange orchid otter panel pearl "
    "pepper piano planet rabbit raven river "
    "saddle salmon sand shore silver snail stone storm table tiger trail train trout "
    "valley violin wagon water window winter"
).split()
WANTED = 4

ACTIONS = ["say:<text>", "pass"]


class Env:
    """One rack of letters and a short time."""

    max_steps = 12

    def reset(self, seed: int) -> str:
        """Mix the letters of four words."""
        chance = random.Random(f"word hunt {seed}")
        self.hidden = chance.sample(WORDS, WANTED)
        need: Counter[str] = Counter()
        for word in self.hidden:
            need |= Counter(word)
        self.rack = chance.sample(sorted(need.elements()), need.total())
        self.found: set[str] = set()
        self.steps = 0
        self.over = False
        return (
            f"Letters: {' '.join(self.rack).upper()}. Say words of the list that use each "
            f"letter at most once: {', '.join(WORDS)}."
        )

    def step(self, action: str) -> tuple[str, float, bool, dict]:
        """Hear one word."""
        if self.over:
            return "Time is up.", 0.0, True, {}
        self.steps += 1
        word = action.removeprefix("say:") if action.startswith("say:") else ""
        reward, text = 0.0, "No word."
        if word in self.found:
            text = "That was said before."
        elif self._fits(word.strip().lower()):
            self.found.add(word)
            reward, text = 1 / WANTED, "Yes."
        self.over = len(self.found) == WANTED or self.steps >= self.max_steps
        return f"{text} Found: {len(self.found)} of {WANTED}.", reward, self.over, {}

    def _fits(self, word: str) -> bool:
        return word in WORDS and not Counter(word) - Counter(self.rack)


def oracle(env: Env, seed: int) -> list[str]:
    """Say the words that the rack was made of."""
    return [f"say:{word}" for word in env.hidden]
