"""Play a recorded episode over a wire."""

import firsthand as fh
from firsthand.episode import Episode
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


async def played(client: Client, episode: Episode) -> list[View]:
    """Do what an episode did, and return every view."""
    views = [await client.open(Open.of(episode.task))]
    for action in episode.actions:
        views.append(await client.act(action))
    return views
