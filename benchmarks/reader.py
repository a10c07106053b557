"""A reader without a language model: it obeys the lessons in its system message, and else guesses.

The stand-in for models behind an API, which are shown lessons as prose. It answers as the worked
example nearest to what it is asked did; without any, as the rules say whose word it is asked with.
What a learner cannot teach this reader, it cannot teach a model that has to be convinced.
"""

import json
import random
import re
from collections import Counter

from firsthand.prompt import Completion, Prompt, Sampling, Traits
from firsthand.retrieval import Retrieval, pattern
from firsthand.task import digest

EXAMPLE = re.compile(r"When shown <data>(.*?)</data> this worked: <data>(.*?)</data>")
RULE = re.compile(r'When the observation says "(.*?)", answer in the way of "(.*?)" \(')
OPTIONS = "\n\nAnswer with exactly one of these lines:\n"


class Reader:
    """Choose the option that the lessons in the system message speak for; guess when none does.

    `deaf` leaves the lessons unread, for the control in which nothing can be taught. `lost` is the
    share of answers that are no option at all.
    """

    traits = Traits()

    def __init__(self, seed: int = 0, *, deaf: bool = False, lost: float = 0.0) -> None:
        self.seed, self.deaf, self.lost = seed, deaf, lost

    @property
    def name(self) -> str:
        """The name to record."""
        return f"reader:{self.seed}"

    async def sample(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """Answer with one of the listed options."""
        lessons = "".join(m.content for m in prompt.messages if m.role == "system")
        asked, _, listed = prompt.messages[-1].content.partition(OPTIONS)
        options = listed.split("\n")
        rng = random.Random(digest(f"{self.seed}/{sampling.seed}/{lessons}/{asked}"))
        if rng.random() < self.lost:
            return Completion("I would rather not say.")
        votes = Counter[str]() if self.deaf else advice(lessons, asked)
        support = [votes[pattern(asked, option)] for option in options]
        best = [o for o, own in zip(options, support, strict=True) if own == max(support)]
        return Completion(rng.choice(best))

    async def close(self) -> None:
        """Nothing is held."""


def advice(lessons: str, asked: str) -> Counter[str]:
    """Return the ways of acting that lessons advise: the nearest example's, else those of the
    rules.
    """
    examples = [tuple(map(json.loads, found)) for found in EXAMPLE.findall(lessons)]
    nearest = Retrieval(examples).nearest(asked) if examples else []
    if nearest:
        return Counter([pattern(*examples[nearest[0]])])
    said = set(re.findall(r"\w+", asked.lower()))
    texts = [json.loads(text) for text in re.findall(r"<data>(.*?)</data>", lessons)]
    rules = [rule for text in (*texts, lessons) for rule in RULE.findall(text)]
    return Counter(way for word, way in rules if set(word.split()) <= said)
