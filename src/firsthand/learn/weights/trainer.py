"""The verbs of training: sample, forward_backward, optim_step, save, load.

They are those of remote training services (tinker and what follows it), so that a recipe runs on
one that implements `Trainer`. `LocalTrainer` is the one in this process. Left out: mixed precision,
and learning-rate schedules: a recipe may pass another rate with each step.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast, runtime_checkable

import msgspec
import torch
from torch import Tensor

from firsthand.errors import UserError
from firsthand.learn.weights.losses import Counts, Units, counts, loss, units
from firsthand.learn.weights.rows import Row
from firsthand.learn.weights.settings import TrainConfig
from firsthand.models.tensor_file import read, write
from firsthand.models.trainable import Trainable
from firsthand.prompt import Completion, Prompt, Sampling

FILE = "trainer.safetensors"

BETAS = (0.9, 0.95)
"""Of AdamW, as usual for language models: .999 would remember hundreds of steps that are not."""


class Metrics(msgspec.Struct, frozen=True, kw_only=True):
    """What one `forward_backward` saw; means over units, in nats."""

    loss: float = 0.0
    entropy: float = 0.0
    """Of the policy's rows; how much it still explores."""
    mismatch_kl: float = 0.0
    """Mean of r - 1 - log r, r = P(now) / P(when sampled): 0 where trainer and sampler agree."""
    clip_fraction: float = 0.0
    """Units whose ratio is outside of the clipping range."""
    rows: int = 0
    units: int = 0


class Trainer(Protocol):
    """What a recipe needs of whoever holds the weights."""

    data: dict[str, int]
    """Where the recipe keeps its place in the data; saved with the weights."""

    @property
    def step(self) -> int:
        """Optimizer steps so far."""
        ...

    async def sample(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """Continue a conversation under the weights as they are now."""
        ...

    def logprobs(self, rows: Sequence[Row]) -> list[tuple[float, ...]]:
        """Return for each row [units] the log-probability of what was taken, as of now."""
        ...

    def forward_backward(
        self, rows: Sequence[Row], *, anchors: Sequence[tuple[float, ...]] | None = None
    ) -> Metrics:
        """Add the gradient of the rows of one optimizer step."""
        ...

    def optim_step(self, *, learning_rate: float) -> float:
        """Take one step, forget the gradient, and return the gradient's length."""
        ...

    def save(self, folder: Path) -> None:
        """Write everything that going on needs."""
        ...

    def checkpoint(self, folder: Path) -> None:
        """Write all that going on needs after a step, and nothing that others would play."""
        ...

    def kept(self, folder: Path) -> bool:
        """Say whether there is something in the folder to go on from."""
        ...

    def load(self, folder: Path) -> None:
        """Go on from what was saved."""
        ...


@runtime_checkable
class Elsewhere(Protocol):
    """A model whose weights are trained elsewhere, and that brings who trains them."""

    def trainer(self, config: TrainConfig) -> Trainer:
        """Return its trainer. Raises `UserError` for what cannot be trained there."""
        ...


class LocalTrainer:
    """Trains a model in this process.

    A saved run goes on bit for bit: weights, optimizer and place in one file that appears whole or
    not at all, and random streams that follow from seed and step.
    """

    def __init__(self, model: Trainable, config: TrainConfig = TrainConfig()) -> None:
        torch.set_num_threads(1)  # two threads beside a busy process wait for each other
        self.model, self.config = model, config
        self.data: dict[str, int] = {}
        self._optimizer = torch.optim.AdamW(
            self._parameters, lr=config.learning_rate, betas=BETAS, weight_decay=0.0
        )

    @property
    def step(self) -> int:
        """Optimizer steps that the weights have seen."""
        return self.model.version

    async def sample(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """Continue a conversation under the weights as they are now."""
        return await self.model.sample(prompt, sampling)

    def logprobs(self, rows: Sequence[Row]) -> list[tuple[float, ...]]:
        """Return for each row [units] the log-probability of what was taken, as of now."""
        found: list[tuple[float, ...]] = []
        with torch.no_grad():
            for part in self._micro(rows):
                now = units(part, self.model.distributions(part))
                told = cast("list[list[float]]", now.chosen_BU.tolist())
                for row, values in zip(part, told, strict=True):
                    found.append(tuple(values[: len(row.taken)]))
        return found

    def forward_backward(
        self, rows: Sequence[Row], *, anchors: Sequence[tuple[float, ...]] | None = None
    ) -> Metrics:
        """Add the gradient of the rows of one optimizer step, in micro-batches.

        Denominators are those of all `rows` together: give a whole step at once. `anchors` are
        what `logprobs` said before the first of several passes. Without, rows that the weights
        sampled as they are now have a ratio of exactly 1, so that no gradient depends on which
        episodes were sampled together; older rows are compared with what the sampler gave.
        """
        per, sums = counts(rows, self.config.loss), _Sums()
        start = 0
        for part in self._micro(rows):
            old = anchors[start : start + len(part)] if anchors is not None else None
            start += len(part)
            self._micro_step(part, per, old, sums)
        return sums.metrics(rows)

    def optim_step(self, *, learning_rate: float | None = None) -> float:
        """Take one step of AdamW, forget the gradient, and return the gradient's length."""
        for group in self._optimizer.param_groups:
            group["lr"] = self.config.learning_rate if learning_rate is None else learning_rate
        norm = torch.nn.utils.clip_grad_norm_(self._parameters, self.config.clip_norm)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        self.model.version += 1
        return float(norm)

    def save(self, folder: Path) -> None:
        """Write all that going on needs, and the weights in the model's own formats."""
        self.checkpoint(folder)
        export: Any = getattr(self.model, "save", None)
        if export is not None:
            export(folder)

    def checkpoint(self, folder: Path) -> None:
        """Write all that going on needs. A kill leaves the file before it, or this one."""
        tensors = {f"model/{name}": value for name, value in self.model.state().items()}
        state: dict[int, dict[str, Tensor]] = self._optimizer.state_dict()["state"]
        for index, parts in state.items():
            tensors |= {f"optimizer/{index}/{name}": value for name, value in parts.items()}
        place = {
            "version": self.model.version,
            "data": self.data,
            "settings": decisive(self.config),
        }
        write(folder / FILE, tensors, {"firsthand": msgspec.json.encode(place).decode()})

    def kept(self, folder: Path) -> bool:
        """Say whether there is something in the folder to go on from."""
        return (folder / FILE).exists()

    def load(self, folder: Path) -> None:
        """Go on from what was saved. Raises `UserError` where it was saved with other settings."""
        path = folder / FILE
        tensors, metadata = read(path)
        if "firsthand" not in metadata:
            raise UserError(f"{path} is no saved training run: it has weights only.")
        place = msgspec.json.decode(metadata["firsthand"])
        check_settings(folder, place["settings"], self.config)
        self.model.load_state(_under("model/", tensors))
        self.model.version, self.data = place["version"], place["data"]
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in _under("optimizer/", tensors).items():
            index, _, part = name.partition("/")
            state.setdefault(int(index), {})[part] = value
        whole = self._optimizer.state_dict()
        self._optimizer.load_state_dict({**whole, "state": state})

    @property
    def _parameters(self) -> list[Any]:
        return self.model.parameters()

    def _micro(self, rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
        for start in range(0, len(rows), self.config.micro_batch):
            yield rows[start : start + self.config.micro_batch]

    def _micro_step(
        self,
        part: Sequence[Row],
        per: Counts,
        old: Sequence[tuple[float, ...]] | None,
        sums: "_Sums",
    ) -> None:
        now = units(part, self.model.distributions(part))
        old_BU = self._anchors(part, now) if old is None else _table(old, now.chosen_BU)
        base: Units | None = None
        if self.config.loss.kl:
            base = units(part, self.model.distributions(part, base=True))
        total = loss(
            now,
            per,
            self.config.loss,
            old_BU=old_BU,
            base=base,
            teacher=[row.teacher for row in part],
        )
        if total.requires_grad:
            cast("Any", total).backward()
        sums.add(now, total, self.config)

    def _anchors(self, part: Sequence[Row], now: Units) -> Tensor:
        fresh = now.real_BU.new_tensor([row.version == self.step for row in part])
        return torch.where(fresh[:, None] > 0, now.chosen_BU.detach(), now.sampled_BU)


class _Sums:
    """Sums over micro-batches of what `Metrics` reports."""

    def __init__(self) -> None:
        self.loss = self.entropy = self.mismatch = self.clipped = self.rl = 0.0

    def add(self, now: Units, total: Tensor, config: TrainConfig) -> None:
        """Take over one micro-batch."""
        with torch.no_grad():
            rl = now.real_BU * now.rl_B[:, None]
            apart = (now.chosen_BU - now.sampled_BU) * rl
            ratio = apart.exp()
            outside = (ratio < 1 - config.loss.clip_low) | (ratio > 1 + config.loss.clip_high)
            self.loss += float(total.detach())
            self.entropy += float((now.entropy_BU * rl).sum())
            self.mismatch += float((ratio - 1 - apart).sum())
            self.clipped += float(outside.sum())
            self.rl += float(rl.sum())

    def metrics(self, rows: Sequence[Row]) -> Metrics:
        """Return means over the policy's units."""
        n = max(1.0, self.rl)
        return Metrics(
            loss=self.loss,
            entropy=self.entropy / n,
            mismatch_kl=self.mismatch / n,
            clip_fraction=self.clipped / n,
            rows=len(rows),
            units=sum(len(row.taken) for row in rows),
        )


def _table(values: Sequence[tuple[float, ...]], like: Tensor) -> Tensor:
    width = like.shape[1]
    return like.new_tensor([[*row, *[0.0] * (width - len(row))] for row in values])


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }


def decisive(config: TrainConfig) -> dict[str, Any]:
    """Return the settings that decide the result, to be kept with what was saved."""
    settings = msgspec.to_builtins(config)
    del settings["micro_batch"]  # no result depends on it
    return settings


def check_settings(folder: Path, before: Mapping[str, Any], config: TrainConfig) -> None:
    """Raise `UserError` where a run was started with other settings."""
    now = decisive(config)
    changed = [name for name in now if before.get(name) != now[name]]
    told = ", ".join(f"{name} was {before.get(name)!r}, is {now[name]!r}" for name in changed)
    if told:
        raise UserError(
            f"The run in {folder} was started with other settings ({told}): go on with "
            "those, or name another folder."
        )
