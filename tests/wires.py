"""Play a recorded episode over a wire, and put together what the client saw of it."""

from collections.abc import Sequence

import firsthand as fh
from firsthand.episode import Episode, Stop, Turn
from firsthand.models.scripted import scripted
from firsthand.serve.client import Client
from firsthand.serve.wire import Open, View

FAMILIES = (
    "data/ledger",
    "embodied/household",
    "formal/calculus",
    "games/mastermind",
    "games/nim",
    "interfaces/shop_desk",
    "memory/errand",
    "office/calendar",
    "planning/strips",
    "rules/triage",
)


async def in_process(task: fh.Task, who: str) -> Episode:
    return await fh.play(fh.make(task.environment), fh.Agent(model=scripted(who)), task)


def asked(task: fh.Task) -> Open:
    return Open(task.environment, task.level, task.seed, task.split, task.world)


async def played(client: Client, episode: Episode) -> list[View]:
    """Do what an episode did, and return every view."""
    views = [await client.open(asked(episode.task))]
    for action in episode.actions:
        views.append(await client.act(action))
    return views


def as_seen(task: fh.Task, actions: Sequence[fh.Action], views: Sequence[View]) -> Episode:
    """The episode as its player can write it down."""
    last = views[-1].outcome
    assert last is not None
    turns = [
        Turn(view.observation, action, reward)
        for view, action, reward in zip(views[:-1], actions, last.rewards, strict=True)
    ]
    return Episode(
        id=last.episode,
        task=task,
        agent="",
        turns=tuple(turns),
        final=views[-1].observation,
        reward=last.reward,
        checks=last.checks,
        stop=Stop(last.stop),
        aftermath=last.aftermath,
    )
