"""Re-derive what an episode claims (law 2): play its actions on its task again and compare.

The actions go through `play` like any others. A failed episode is compared up to its failure; the
failure itself is not provoked again. Which tokens a model would sample is not re-derived.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import msgspec

from firsthand.agent import Agent
from firsthand.environment import Environment, Observation
from firsthand.episode import Episode
from firsthand.prompt import Act
from firsthand.registry import lookup
from firsthand.rollout.play import Limits, built, play
from firsthand.task import Task

if TYPE_CHECKING:
    from firsthand.journal import Journal


class Difference(msgspec.Struct, frozen=True):
    """The first thing that an episode claims and its environment does not.

    `turn` counts from 1; None where the difference is about the whole episode.
    """

    episode: str
    task: str
    turn: int | None
    what: str
    expected: str
    got: str

    def __str__(self) -> str:
        place = f", turn {self.turn}" if self.turn else ""
        return (
            f"Episode {self.episode} ({self.task}){place}: {self.what} differs.\n  recorded: "
            f"{self.expected}\n  replayed: {self.got}"
        )


class Recorded:
    """The policy that does what an episode did."""

    name = "scripted:recorded"

    def __init__(self, episode: Episode) -> None:
        self._actions = episode.actions

    def start(self, environment: Environment, task: Task) -> Act:
        """Begin with the first action."""
        actions = iter(self._actions)
        return lambda _observation: next(actions)

    async def close(self) -> None:
        """Nothing is held."""


async def replay(episode: Episode, *, limits: Limits = Limits()) -> Difference | None:
    """Return the first difference between an episode and its replay, or None. Of `limits` only the
    times count.

    Raises `UnknownName` when the environment is not installed.
    """
    environment = lookup(episode.task.environment)
    if episode.task.version != environment.version:
        versions = f"version {episode.task.version}", f"version {environment.version} is installed"
        return Difference(
            episode.id, episode.task.id, None, f"the version of {environment.name}", *versions
        )
    if episode.error is not None and not episode.turns and episode.error.owner != "model":
        return None  # it failed before it showed anything
    again = await play(
        built(environment, limits),
        Agent(model=Recorded(episode)),
        episode.task,
        limits=msgspec.structs.replace(limits, turns=len(episode.turns), tokens=None),
    )
    for turn, what, expected, got in _claims(episode, again):
        if expected != got:
            return Difference(
                episode.id, episode.task.id, turn, what, _shown(expected), _shown(got)
            )
    return None


async def replay_journal(
    journal: "Journal",
    *,
    environment: str | None = None,
    run: str | None = None,
    limits: Limits = Limits(),
    progress: Callable[[Episode], None] | None = None,
) -> Difference | None:
    """Replay the episodes of a journal in order and return the first difference, or None.
    `progress` gets every episode that agreed.
    """
    for episode in journal.episodes(environment=environment, run=run):
        difference = await replay(episode, limits=limits)
        if difference is not None:
            return difference
        if progress is not None:
            progress(episode)
        await asyncio.sleep(0)
    return None


def _claims(episode: Episode, again: Episode) -> Iterator[tuple[int | None, str, object, object]]:
    """Yield everything that can be compared, in the order in which it happened: turn, what,
    recorded, replayed.
    """
    broke = again.error and str(again.error)
    for number, turn in enumerate(episode.turns, start=1):
        if number > len(again.turns):
            yield number, "the outcome", "a turn was played", broke or again.final
        yield (
            number,
            "the observation before the action",
            turn.observation,
            again.turns[number - 1].observation,
        )
        yield number, "the reward", turn.reward, again.turns[number - 1].reward
    if episode.error is not None and episode.error.owner != "model":
        return  # what failed may have changed the last observation
    yield None, "the outcome", None, broke
    yield None, "the last observation", episode.final, again.final
    if episode.error is None:
        yield None, "the score", episode.reward, again.reward
        yield None, "the checks", episode.checks, again.checks
        yield None, "the true score", episode.true, again.true
        yield None, "the aftermath", episode.aftermath, again.aftermath


def _shown(value: object) -> str:
    return value.full if isinstance(value, Observation) and not value.results else str(value)
