"""A model without a language model: it does what the worked examples in its prompt did, and else
guesses.

The fast stand-in of the controls, and at the same time the plain nearest-neighbour vote over a
playbook: what is gained with it is gained by retrieval alone. Like a real model's, its guesses
change with every change of the prompt.
"""

import random
from collections import Counter

from firsthand.prompt import Completion, Prompt, Sampling, Traits
from firsthand.retrieval import pattern
from firsthand.task import digest


class Copycat:
    """Choose the option whose way of acting the examples vote for, the k-th nearest with weight
    1/k; guess when none match.
    """

    traits = Traits(chooses=True, few_shot=True)

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    @property
    def name(self) -> str:
        """The name to record."""
        return f"copycat:{self.seed}"

    async def sample(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """Choose among `prompt.choices`; examples are the earlier turns, nearest last."""
        *earlier, asked = [message for message in prompt.messages if message.role != "system"]
        shown = zip(earlier[::2], earlier[1::2], strict=True)
        votes = Counter[str]()
        for rank, (observation, action) in enumerate(reversed(list(shown)), start=1):
            votes[pattern(observation.content, action.content)] += 1 / rank
        support = [votes[pattern(asked.content, option)] for option in prompt.choices]
        best = [
            option
            for option, own in zip(prompt.choices, support, strict=True)
            if own == max(support)
        ]
        said = "\n".join(message.content for message in prompt.messages)
        return Completion(random.Random(digest(f"{self.seed}/{sampling.seed}/{said}")).choice(best))

    async def close(self) -> None:
        """Nothing is held."""
