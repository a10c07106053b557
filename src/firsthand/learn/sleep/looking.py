"""Look at a task without playing it: what is shown first."""

from firsthand.registry import make
from firsthand.task import Task


def first_observation(task: Task) -> str:
    """Return what an episode of the task begins with."""
    return make(task.environment).reset(task).full
