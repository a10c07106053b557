"""Flaws of the instances.

Unsolvable ones, few, the same in all splits, and input that breaks them.
"""

import msgspec

from firsthand.audit.sabotage.flawed import Flawed
from firsthand.environment import Action, Observation, Score
from firsthand.task import Task, digest


class ExpertFails(Flawed):
    """One instance in four cannot be solved."""

    async def score(self) -> Score:
        """Refuse everything on some instances."""
        true = await self.true_score()
        return (
            Score(**dict.fromkeys(true.checks, False))
            if digest(f"{self._task.id}#unsolvable") % 4 == 0
            else true
        )


class FewInstances(Flawed):
    """There are three instances, whatever the seed."""

    def instance(self, task: Task) -> Task:
        """Fold the seeds."""
        return msgspec.structs.replace(task, seed=task.seed % 3)


class SplitOverlap(Flawed):
    """All splits hold the same instances."""

    def instance(self, task: Task) -> Task:
        """Take every instance from train."""
        return msgspec.structs.replace(task, split="train")


class RaisesOnOddInput(Flawed):
    """A text of ten thousand characters, or with a zero byte, breaks the episode."""

    async def act(self, action: Action) -> Observation:
        """Break."""
        if len(action.text) >= 10_000 or "\0" in action.text:
            raise ValueError("odd input")
        return await super().act(action)
