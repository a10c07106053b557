"""The installed environments, and how tests play them."""

from importlib.metadata import entry_points

import msgspec

import firsthand as fh
from firsthand.models.scripted import Scripted
from firsthand.registry import GROUP, lookup
from firsthand.sandbox import needs

NAMES = sorted(
    name
    for name in entry_points(group=GROUP).names
    if not any(map(needs.missing, lookup(name).needs))
)  # installed ones only: other tests register worlds that keep no law
COSTLY = {name for name in NAMES if needs.costly(lookup(name).needs)}


async def played(policy, chosen):
    agent = fh.Agent(
        model=policy if isinstance(policy, Scripted) else fh.model(f"scripted:{policy}")
    )
    return [await fh.play(fh.make(task.environment), agent, task) for task in chosen]


def story(episode):
    """What happened in an episode, without the times."""
    turns = [(turn.observation, turn.action, turn.reward) for turn in episode.turns]
    return msgspec.json.encode(
        (turns, episode.final, episode.reward, episode.checks, episode.aftermath)
    )
