"""A trainable model that copies worked examples, and has weights that can learn to do without.

As a language model does, it takes what the examples in its prompt did, or what its weights say of
the words of the observation: a linear layer from words to ways of acting. It trains in a second.
"""

import json
import random

import torch

from firsthand.errors import UserError
from firsthand.models.trainable import IMPOSSIBLE, Decision
from firsthand.prompt import Completion, Traits
from firsthand.retrieval import pattern, words
from firsthand.task import digest

COPIED = 6.0
"""Nats by which the nearest example's way of acting is preferred."""
WORDS, WAYS = 1024, 256


class Apprentice:
    traits = Traits(chooses=True, few_shot=True)

    def __init__(self, name="test:apprentice"):
        self.name, self.version = name, 0
        self.weight = torch.nn.Parameter(torch.zeros(WORDS, WAYS))

    async def sample(self, prompt, sampling):
        ids, decision = self._asked(prompt), self._decision(prompt.choices)
        with torch.no_grad():
            odds = self._logprobs(ids, decision, self.weight)[0].tolist()
        place = max(range(len(odds)), key=odds.__getitem__)
        if sampling.temperature:
            rng = random.Random(digest(f"{sampling.seed}/{bytes(ids).decode()}"))
            heat = [2.718281828 ** (value / sampling.temperature) for value in odds]
            place = rng.choices(range(len(odds)), heat)[0]
        text = prompt.choices[place]
        told = dict(zip(prompt.choices, odds, strict=True))
        return Completion(text, prompt_ids=ids, ids=[1], logprobs=[odds[place]], choices=told)

    def forced(self, prompt, text):
        odds = {option: 0.0 if option == text else IMPOSSIBLE for option in prompt.choices}
        ids = self._asked(prompt)
        return Completion(text, prompt_ids=ids, ids=[1], logprobs=[0.0], choices=odds)

    def decision(self, turn, instructions):
        return self._decision(list(turn.choices))

    def distributions(self, contexts, *, base=False):
        weight = torch.zeros_like(self.weight) if base else self.weight
        return [self._logprobs(context.ids, context.decision, weight) for context in contexts]

    def parameters(self):
        return [self.weight]

    def state(self):
        return {"weight": self.weight.detach().clone()}

    def load_state(self, state):
        if state.keys() != {"weight"}:
            raise UserError("not the weights of an apprentice")
        with torch.no_grad():
            self.weight.copy_(state["weight"])

    async def close(self):
        """Nothing is held."""

    @staticmethod
    def _asked(prompt):
        *earlier, asked = [m.content for m in prompt.messages if m.role != "system"]
        return list(json.dumps({"shown": earlier, "asked": asked}).encode())

    @staticmethod
    def _decision(options):
        return Decision(tuple(tuple(option.encode()) for option in options), (0.0,) * len(options))

    @staticmethod
    def _logprobs(ids, decision, weight):
        read = json.loads(bytes(ids))
        asked, shown = read["asked"], read["shown"]
        ways = [pattern(asked, bytes(option).decode()) for option in decision.options]
        rows = [digest(word) % WORDS for word in set(words(asked))]
        columns = [digest(way) % WAYS for way in ways]
        copied = pattern(*shown[-2:]) if shown else None
        copies = torch.tensor([COPIED if way == copied else 0.0 for way in ways])
        return torch.log_softmax(weight[rows].sum(0)[columns] + copies, dim=-1)[None]
