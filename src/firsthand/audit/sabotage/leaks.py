"""Flaws that tell the solution: in the reply to an invalid action, or at the beginning."""

import msgspec

from firsthand.audit.sabotage.flawed import Flawed
from firsthand.environment import Action, Observation
from firsthand.task import Task


class LeaksInError(Flawed):
    """The answer to an invalid action tells the solution, and the action costs nothing."""

    async def act(self, action: Action) -> Observation:
        """Tell the solution instead of refusing."""
        if self.finished or not await self.invalid(action):
            return await super().act(action)
        return Observation("That is not valid. Expected:\n" + "\n".join(await self.plan()))


class LeaksInObservation(Flawed):
    """The first observation tells the solution."""

    async def reset(self, task: Task) -> Observation:
        """Begin, and tell the solution."""
        observation = await super().reset(task)
        return msgspec.structs.replace(
            observation,
            text=f"{observation.text}\n[debug] solution:\n" + "\n".join(await self.plan()),
        )
