"""Look at a task without playing it: what is shown first."""

from firsthand.agent import settled
from firsthand.registry import make
from firsthand.task import Task


async def first_observation(task: Task) -> str:
    """Return what an episode of the task begins with."""
    environment = make(task.environment)
    try:
        return (await settled(environment.reset(task))).full
    finally:
        await settled(environment.close())
