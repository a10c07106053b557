"""Who plays at night, and with which weights: the adapter off, or on."""

from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import msgspec

from firsthand.agent import Agent
from firsthand.errors import UserError
from firsthand.learn.sleep import adapters
from firsthand.models.trainable import Trainable
from firsthand.prompt import Completion, Model, Prompt, Sampling, Traits

if TYPE_CHECKING:
    from torch import Tensor

    from firsthand.models.llama import Llama


class Player(Protocol):
    """An agent, and the trainable model with the same weights whose adapters it plays with."""

    agent: Agent
    student: Trainable

    def bare(self) -> None:
        """Give the student the weights that it came with, to be trained."""
        ...

    async def wearing(self, adapter: str) -> Model:
        """Return the model that plays with an adapter; "" for bare weights."""
        ...

    async def close(self) -> None:
        """Release the models."""
        ...


class Own:
    """The agent's own model is the student: an adapter is loaded into it."""

    def __init__(self, agent: Agent, student: Trainable, run: Path) -> None:
        self.agent, self.student, self.run = agent, student, run
        self._bare: dict[str, Tensor] | None = None
        self._worn: str | None = None

    def bare(self) -> None:
        """Give the student the weights that it came with."""
        self.begin("")

    def begin(self, adapter: str) -> None:
        """Give the student an adapter to be trained further."""
        self.wear(adapter)
        self._worn, self.student.version = None, 0

    async def wearing(self, adapter: str) -> Model:
        """Return the student with an adapter loaded."""
        self.wear(adapter)
        return cast("Model", self.student)

    async def close(self) -> None:
        """Release the model."""
        await self.student.close()

    def wear(self, adapter: str) -> None:
        """Load an adapter, where another one is loaded."""
        if self._bare is None:
            self._bare = self.student.state()
        if self._worn == adapter:
            return
        folder = adapters.path_of(self.run, adapter) if adapter else None
        self.student.load_state(adapters.load(folder) if folder else self._bare)
        self._worn = adapter


class Recalling:
    """A model that computes a greedy answer once: it follows from the prompt and the weights."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._answers: dict[bytes, Completion] = {}

    @property
    def name(self) -> str:
        """The name of the model that answers."""
        return self.model.name

    @property
    def traits(self) -> Traits:
        """What the model can do."""
        return self.model.traits

    async def sample(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """Return the answer that was given before, or ask. Raises `ModelError`."""
        if sampling.temperature > 0.0:
            return await self.model.sample(prompt, sampling)
        asked = msgspec.json.encode((prompt, sampling))
        if asked not in self._answers:
            self._answers[asked] = await self.model.sample(prompt, sampling)
        return self._answers[asked]

    async def close(self) -> None:
        """Close the model."""
        await self.model.close()


class Embedded:
    """The embedded engine plays, with adapters that the student was trained to.

    One engine holds one adapter and switches it off per request: that is how bare weights play.
    """

    def __init__(self, agent: Agent, engine: "Llama", student: Trainable, run: Path) -> None:
        self.agent, self.student, self.run = agent, student, run
        self._engine, self._worn = engine, ""
        self._plays: dict[str, Model] = {}
        """By adapter. Deployed lessons are often not shown, and then the adapter alone has played
        the task already."""
        self._student = Own(agent, student, run)

    def bare(self) -> None:
        """Give the student the weights that it came with."""
        self._student.bare()

    async def wearing(self, adapter: str) -> Model:
        """Return the engine with the adapter switched on, or off for bare weights."""
        from firsthand.models.llama import Llama

        if adapter and adapter != self._worn:
            file = adapters.path_of(self.run, adapter) / adapters.GGUF
            if not file.is_file():
                raise UserError(f"{file} is missing: the embedded engine plays with that.")
            await self._engine.close()
            self._engine = Llama(self._engine.source, adapter=file)
            self._worn = adapter
            self._plays.clear()
        if adapter not in self._plays:
            own = self._engine if adapter else self._engine.bare()
            self._plays[adapter] = Recalling(own)
        return self._plays[adapter]

    async def close(self) -> None:
        """Release both models."""
        await self._engine.close()
        await self.student.close()


def wearing(model: Model, run: Path, adapter: str) -> Model:
    """Return a model that plays with an adapter of a run. Raises `UserError` where it cannot."""
    folder = adapters.path_of(run, adapter)
    if isinstance(model, Trainable):
        model.load_state(adapters.load(folder))
        return model
    if model.name.startswith("llama:") and (folder / adapters.GGUF).is_file():
        from firsthand.models.llama import Llama

        return Llama(cast("Llama", model).source, adapter=folder / adapters.GGUF)
    raise UserError(
        f"The playbook in {run} belongs to the adapter {adapter}, which {model.name} cannot play "
        "with. Name the model that it was made for, or roll back to a version without one "
        f"(firsthand playbook rollback {run})."
    )


def plays_with_adapters(model: str) -> bool:
    """Say whether the model of this name runs adapters that another model was trained to."""
    return model.startswith("llama:")


def player(agent: Agent, student: Trainable, run: Path) -> Player:
    """Return who plays at night. Raises `UserError` for a model that runs no adapters."""
    if agent.model is cast("object", student):
        return Own(agent, student, run)
    if plays_with_adapters(agent.model.name):
        return Embedded(agent, cast("Llama", agent.model), student, run)
    raise UserError(f"{agent.model.name} cannot play with adapters: let the student play.")
