"""Flaws that make the reward depend on something other than the task and the actions."""

import random
import time
from typing import Any, ClassVar

from firsthand.actions import encoded
from firsthand.audit.sabotage.flawed import Flawed
from firsthand.environment import Action, Environment, Observation


class ForgetsReset(Flawed):
    """What was reached on a task still counts when the task is played again in the same process."""

    reached: ClassVar[dict[str, float]]

    @classmethod
    def made_for(cls, honest: type[Environment], check: str) -> dict[str, Any]:
        """Add a memory that all episodes share."""
        return {"reached": {}}

    async def act(self, action: Action) -> Observation:
        """Pay what was reached before, now or in another episode."""
        observation = await super().act(action)
        best = max(self.reached.get(self._task.id, 0.0), (await self.true_score()).value)
        self.reached[self._task.id] = self._extra = best
        return observation


class ReadsClock(Flawed):
    """Before noon (UTC) anything pays."""

    async def act(self, action: Action) -> Observation:
        """Read the clock."""
        self._extra = float(time.gmtime().tm_hour < 12)
        return await super().act(action)


class UsesHashOrder(Flawed):
    """Whether an action pays depends on the hash of a text, which differs between processes."""

    async def act(self, action: Action) -> Observation:
        """Hash the action."""
        self._extra = float(hash(f"{self._task.id} {encoded(action)}") % 4 == 0)
        return await super().act(action)


class RandomReward(Flawed):
    """Three wrong outcomes in ten are paid, drawn anew each time."""

    async def act(self, action: Action) -> Observation:
        """Draw luck."""
        self._extra = float(random.random() < 0.3)
        return await super().act(action)
