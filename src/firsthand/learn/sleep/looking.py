"""Look at what a task begins with."""

from firsthand.agent import Agent
from firsthand.models.scripted import scripted
from firsthand.registry import make
from firsthand.rollout.play import Limits, play
from firsthand.task import Task


async def first_observation(task: Task) -> str:
    """Return what an episode of the task begins with; empty where it could not begin."""
    idle = Agent(model=scripted("idle"))
    episode = await play(make(task.environment), idle, task, limits=Limits(turns=1))
    return episode.turns[0].observation.full if episode.turns else ""
