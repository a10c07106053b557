"""Where a player outside sits in an episode: a policy that shows what it sees, awaits an answer.

As for a person in the terminal, the environment's choices are shown and everything else stays
hidden. Waiting has no time-out of its own: whoever keeps the sessions ends the silent ones, by
putting an error in place of the answer, which then becomes the failure of the episode.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

from firsthand import returned
from firsthand.agent import settled
from firsthand.environment import Action, Environment, Observation
from firsthand.errors import boundary
from firsthand.prompt import Act
from firsthand.task import Task


class Seen(NamedTuple):
    """What is shown at one turn. `reward` is None where the server does not tell it."""

    turn: int
    observation: Observation
    choices: Sequence[str]
    reward: float | None


class Seat:
    """The policy of one episode that is driven from outside `play`."""

    def __init__(
        self, name: str, show: Callable[[Seen], None], *, telling_rewards: bool = False
    ) -> None:
        self.name = name
        self._show, self._telling = show, telling_rewards
        self._environment: Environment | None = None
        self._answer: asyncio.Future[Action] | None = None
        self._turn, self._score = -1, 0.0

    def start(self, environment: Environment, task: Task) -> Act:
        """Take the seat."""
        self._environment = environment
        return self.act

    async def act(self, observation: Observation) -> Action:
        """Show the observation and wait for the player's action."""
        environment = self._environment
        assert environment is not None
        self._turn += 1
        with boundary("environment", "calling choices"):
            choices = returned.choices(await settled(environment.choices()))
        reward = await self._earned(environment) if self._telling and self._turn else None
        self._answer = asyncio.get_running_loop().create_future()
        self._show(Seen(self._turn, observation, choices, reward))
        return await self._answer

    async def close(self) -> None:
        """Nothing is held."""

    @property
    def waiting(self) -> bool:
        """Whether it is the player's turn."""
        return self._answer is not None and not self._answer.done()

    def answer(self, action: Action) -> None:
        """Hand in the player's action."""
        assert self._answer is not None
        self._answer.set_result(action)

    def end(self, error: Exception) -> None:
        """Put an error in place of the player's action."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)

    async def _earned(self, environment: Environment) -> float:
        """Return what the last action changed; scores may be asked for at any time (law 4)."""
        with boundary("environment", "calling score"):
            value = returned.score(await settled(environment.score())).value
        earned, self._score = value - self._score, value
        return earned
