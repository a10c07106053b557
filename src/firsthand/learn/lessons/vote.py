"""The vote: what the lessons do without a model. An arm beside every result of `learn`.

The worked examples nearest to an observation vote on what to do, the k-th nearest with weight 1/k.
What a model gains over this vote is gained by the model; the rest by retrieval.
"""

import random
from collections import defaultdict
from collections.abc import Sequence

from firsthand.agent import parse_call, settled
from firsthand.environment import Action, Environment, Observation
from firsthand.playbook import Playbook
from firsthand.prompt import Act
from firsthand.retrieval import pattern
from firsthand.task import Task, digest

NEIGHBOURS = 5
"""Examples that vote."""


class Vote:
    """A policy that does what the nearest worked examples of a playbook did."""

    name = f"vote:{NEIGHBOURS}"

    def __init__(self, playbook: Playbook) -> None:
        self.playbook = playbook

    def start(self, environment: Environment, task: Task) -> Act:
        """Begin an episode."""

        async def act(observation: Observation) -> Action:
            choices = await settled(environment.choices()) or ()
            return self._decide(observation.full, choices, task)

        return act

    def _decide(self, asked: str, choices: Sequence[str], task: Task) -> Action:
        near = self.playbook.examples(task.environment, asked, NEIGHBOURS)
        if not choices:
            return parse_call(near[-1].action) if near else Action()
        votes: dict[str, float] = defaultdict(float)
        for rank, lesson in enumerate(reversed(near), start=1):
            votes[pattern(lesson.observation, lesson.action)] += 1 / rank
        support = [votes[pattern(asked, choice)] for choice in choices]
        best = [c for c, own in zip(choices, support, strict=True) if own == max(support)]
        return Action(random.Random(digest(f"{task.id}/{asked}")).choice(best))

    async def close(self) -> None:
        """Nothing is held."""
