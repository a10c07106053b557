"""Answers that were paid for are kept: a request that was made before is not sent again.

A run that was interrupted repeats its own requests up to the point where it stopped, and the sides
of a comparison often ask the same. Only requests whose answer is decided by what they say are kept:
greedy ones, and those with a seed. One JSON file a request, named by a hash of all that it says.
Left out: deleting old answers; they live in the folder of their run.
"""

import hashlib
from pathlib import Path

import msgspec

from firsthand.prompt import Completion, Model, Prompt, Reachable, Sampling, Traits
from firsthand.usage import Usage


class Answered:
    """A model behind an endpoint whose answers are kept in a folder."""

    def __init__(self, model: Model, folder: Path) -> None:
        self.model, self.folder = model, folder
        self.found = 0
        """Answers that were not asked for again."""

    @property
    def name(self) -> str:
        """The name of the model that answers."""
        return self.model.name

    @property
    def traits(self) -> Traits:
        """What the model can do."""
        return self.model.traits

    async def probe(self) -> None:
        """Ask whether somebody answers there. Raises `UserError`."""
        if isinstance(self.model, Reachable):
            await self.model.probe()

    async def sample(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """Return the kept answer, which takes nothing, or ask and keep it. Raises `ModelError`."""
        if sampling.temperature > 0.0 and sampling.seed is None:
            return await self.model.sample(prompt, sampling)
        asked = msgspec.json.encode((self.name, prompt, sampling))
        path = self.folder / f"{hashlib.sha256(asked).hexdigest()[:32]}.json"
        try:
            kept = msgspec.json.decode(path.read_bytes(), type=Completion)
        except (OSError, msgspec.MsgspecError):
            completion = await self.model.sample(prompt, sampling)
            if not completion.cut:
                self._keep(path, completion)
            return completion
        self.found += 1
        return msgspec.structs.replace(kept, usage=Usage())

    def _keep(self, path: Path, completion: Completion) -> None:
        """Write an answer. One that a crash tears is asked for again."""
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_bytes(msgspec.json.encode(completion))
        partial.replace(path)

    async def close(self) -> None:
        """Close the model; the answers stay."""
        await self.model.close()
