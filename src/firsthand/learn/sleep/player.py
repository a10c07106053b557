"""Who plays at night, and with which weights: the adapter off, or on."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

from firsthand.agent import Agent
from firsthand.errors import UserError
from firsthand.learn.sleep import adapters
from firsthand.models.trainable import Trainable
from firsthand.prompt import Model

if TYPE_CHECKING:
    from torch import Tensor


class Player:
    """An agent, and the trainable model with the same weights whose adapters it plays with.

    The agent's own model can be trained here: it is the student, and an adapter is loaded into it.
    """

    def __init__(self, agent: Agent, student: Trainable, run: Path) -> None:
        self.agent, self.student, self.run = agent, student, run
        self._bare: dict[str, Tensor] | None = None
        self._worn: str | None = None

    def bare(self) -> None:
        """Give the student the weights that it came with."""
        self._wear("")
        self._worn = None  # whoever asked for them trains them now

    def wearing(self, adapter: str) -> Model:
        """Return the model that plays with an adapter; "" for bare weights."""
        self._wear(adapter)
        return cast("Model", self.student)

    async def close(self) -> None:
        """Release the models."""
        await self.student.close()

    def _wear(self, adapter: str) -> None:
        if self._bare is None:
            self._bare = self.student.state()
        if self._worn == adapter:
            return
        folder = adapters.path_of(self.run, adapter) if adapter else None
        self.student.load_state(adapters.load(folder) if folder else self._bare)
        self._worn = adapter


def wearing(model: Model, run: Path, adapter: str) -> Model:
    """Return a model that plays with an adapter of a run. Raises `UserError` where it cannot."""
    folder = adapters.path_of(run, adapter)
    if isinstance(model, Trainable):
        model.load_state(adapters.load(folder))
        return model
    raise UserError(
        f"The playbook in {run} belongs to the adapter {adapter}, which {model.name} cannot play "
        "with. Name the model that it was made for, or roll back to a version without one "
        f"(firsthand playbook rollback {run})."
    )


def plays_with_adapters(model: str) -> bool:
    """Say whether the model of this name runs adapters that another model was trained to."""
    return False


def player(agent: Agent, student: Trainable, run: Path) -> Player:
    """Return who plays at night. Raises `UserError` for a model that runs no adapters."""
    if agent.model is not cast("object", student):
        raise UserError(f"{agent.model.name} cannot play with adapters yet.")
    return Player(agent, student, run)
