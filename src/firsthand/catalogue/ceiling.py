"""The score of an ideal learner after n episodes: the ceiling of every learning curve.

An environment names the hidden laws on which a task depends, and how many values each could have
had. An ideal learner has seen every law that its episodes depended on, knows it from then on, and
guesses the rest: a task succeeds with probability one over the number of values of each law that it
does not know. Laws are counted as independent: where one rules values of another out, the true
ceiling is a little higher.
"""

from collections.abc import Sequence
from math import prod
from statistics import fmean

from firsthand.agent import Agent
from firsthand.environment import Action, Environment
from firsthand.errors import UserError
from firsthand.prompt import Act
from firsthand.registry import lookup, tasks
from firsthand.rollout.play import Limits, play
from firsthand.task import Split, Task

EPISODES = (0, 1, 2, 5, 10, 20, 50, 100, 200)


class _Noting:
    """Does nothing but note which laws a task depends on, as its episode begins."""

    name = "scripted:noting"

    def __init__(self) -> None:
        self.laws: dict[str, tuple[str, int]] = {}

    def start(self, environment: Environment, task: Task) -> Act:
        """Begin an episode."""
        self.laws = dict(environment.laws_used())
        return lambda _observation: Action()

    async def close(self) -> None:
        """Nothing is held."""


async def used(task: Task) -> dict[str, tuple[str, int]]:
    """Return the hidden laws that a task depends on. Raises `UserError` where it cannot begin."""
    noting = _Noting()
    episode = await play(
        lookup(task.environment)(), Agent(model=noting), task, limits=Limits(turns=1)
    )
    if episode.error is not None:
        raise UserError(f"{task.id} could not begin: {episode.error.message}")
    return noting.laws


async def curve(
    name: str,
    *,
    level: int = 1,
    world: int = 0,
    episodes: Sequence[int] = EPISODES,
    held_out: int = 100,
    split: Split = "eval",
) -> list[float]:
    """Return the ideal learner's mean score on held-out tasks after so many train episodes each."""
    seen = [
        set(await used(task))
        for task in tasks(name, max(episodes), split="train", level=level, world=world)
    ]
    asked = [
        await used(task) for task in tasks(name, held_out, split=split, level=level, world=world)
    ]
    scores: list[float] = []
    for n in episodes:
        known = set[str]().union(*seen[:n])
        scores.append(
            fmean(
                prod(1 / values for law, (_, values) in laws.items() if law not in known)
                for laws in asked
            )
        )
    return scores


async def unseen_combinations(name: str, *, level: int, world: int = 0, n: int = 300) -> float:
    """Return the share of eval tasks whose laws, each known from train, never met there."""
    met = [
        frozenset(await used(task))
        for task in tasks(name, n, split="train", level=level, world=world)
    ]
    asked = [
        frozenset(await used(task))
        for task in tasks(name, n // 3, split="eval", level=level, world=world)
    ]
    return fmean(len(laws) > 1 and not any(laws <= before for before in met) for laws in asked)
