"""An agent that knows where it is: which lessons it has follows from the place of the task."""

from collections.abc import Mapping

import msgspec

from firsthand.agent import Agent, Player
from firsthand.environment import Environment
from firsthand.learn.life.schedule import Place
from firsthand.playbook import Playbook
from firsthand.task import Task


class Placed(Agent, frozen=True, kw_only=True):
    """An agent with a playbook for each place; elsewhere it has none."""

    known: Mapping[str, Playbook]
    """Playbooks by the name of the place."""

    def start(self, environment: Environment, task: Task) -> Player:
        """Begin an episode with what is known of the place."""
        playbook = self.known.get(place_of(task).name, Playbook())
        own = Agent(
            model=self.model,
            instructions=self.instructions,
            playbook=playbook,
            sampling=self.sampling,
            examples=self.examples,
            lesson_tokens=self.lesson_tokens,
            mask=self.mask,
        )
        return own.start(environment, task)


def place_of(task: Task) -> Place:
    """Return the place that a task belongs to."""
    return Place(task.environment, task.world, task.level)


def placed(agent: Agent, known: Mapping[Place, Playbook]) -> Placed:
    """Return the agent with these playbooks."""
    fields = {name: getattr(agent, name) for name in msgspec.structs.asdict(agent)}
    return Placed(**fields, known={place.name: playbook for place, playbook in known.items()})
