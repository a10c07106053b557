"""A language model in torch whose weights can be trained, by a LoRA adapter over frozen ones.

`torch:smollm2` has the weights of the embedded model, `torch:FOLDER` is any causal language model
of Hugging Face. It plays by the choice policy and by sampled text as `llama` does, and gives the
trainer the same distributions with their gradient. Sampling and training share one forward pass
over a token tree; nothing is tokenised again.
"""

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firsthand.episode import Turn
from firsthand.errors import ModelError
from firsthand.models.adapter import FILE, adapter_name, write_adapter
from firsthand.models.batcher import Batcher
from firsthand.models.causal import Causal, Lora
from firsthand.models.choice import (
    Question,
    distinct,
    in_order,
    neutral_ids,
    option_tokens,
    picked,
    question,
    taken,
)
from firsthand.models.hf_folder import model_folder, require_torch
from firsthand.models.packed import TREE, Asked, Packed
from firsthand.models.sampler import Request, Sampled
from firsthand.models.trainable import IMPOSSIBLE, Context, Decision
from firsthand.prompt import Completion, Message, Prompt, Sampling, Traits

if TYPE_CHECKING:
    from torch import Tensor


class Torch:
    """A causal language model with a LoRA adapter, loaded when first used.

    `source` is `smollm2` or a folder; `adapter` a GGUF LoRA to begin with, else one like `lora`.
    `device` is `cpu` or `cuda` (which nobody has tried yet). `calibrate=False` chooses by raw
    probability; `seed` is that of the adapter's first weights.
    Raises `MissingExtra` without torch, and `UserError` where the folder holds no model.
    """

    traits = Traits(chooses=True, few_shot=True)

    def __init__(
        self,
        source: str = "smollm2",
        *,
        adapter: Path | None = None,
        lora: Lora = Lora(),
        device: str = "cpu",
        calibrate: bool = True,
        seed: int = 0,
    ) -> None:
        require_torch()
        self.source, self.adapter, self.lora, self.device = source, adapter, lora, device
        self.calibrate, self.seed = calibrate, seed
        self.version = 0
        self.folder = model_folder(source)
        self._loaded: Causal | None = None
        self._neutral: dict[tuple[Any, ...], list[float]] = {}
        self._lock = threading.RLock()
        self._starting = threading.Lock()
        self._batches: Batcher[Question | Request, Any] | None = None

    @property
    def name(self) -> str:
        """`torch:` and the source, and the adapter that it began with; files by their names only,
        for paths differ between machines.
        """
        source = "smollm2" if self.source == "smollm2" else self.folder.name
        return f"torch:{source}" + (f"+{adapter_name(self.adapter)}" if self.adapter else "")

    async def sample(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """Choose among `prompt.choices` when there are any, else continue the conversation."""
        model = self._loaded or await asyncio.to_thread(lambda: self._model)
        if not prompt.choices:
            return await self._continue(model, prompt, sampling)
        asked = question(prompt, model.tokens)
        model.check_room(len(asked.ids) + max(map(len, asked.options)))
        return picked(prompt, asked, await self._batcher.ask(asked), sampling)

    def forced(self, prompt: Prompt, text: str) -> Completion:
        """Return the completion that says `text`, or chooses it; see `Trainable`."""
        model = self._model
        if prompt.choices:
            if text not in prompt.choices:
                raise ModelError(f"{text!r} is none of the choices: {', '.join(prompt.choices)}.")
            place = list(prompt.choices).index(text)
            logprobs = [IMPOSSIBLE] * len(prompt.choices)
            logprobs[place] = 0.0
            return taken(prompt, question(prompt, model.tokens), place, logprobs)
        ids = [*model.tokens(text), model.end]
        added = model.appended(prompt)
        return Completion(text, prompt_ids=added, ids=ids, logprobs=[0.0] * len(ids))

    async def close(self) -> None:
        """Release the model."""
        if self._batches is not None:
            self._batches.close()
        self._batches, self._loaded = None, None

    def decision(self, turn: Turn, instructions: str) -> Decision:
        """Return what the model chose among in a turn; see `Trainable`."""
        model, observation = self._model, turn.observation
        options = tuple(distinct(option_tokens(list(turn.choices), model.tokens)))
        last = observation.results[-1] if observation.results else None
        asked = f"{last.tool}: {last.text}" if last else observation.text
        system = [Message("system", instructions)] if instructions else []
        return self._decision(neutral_ids(system, asked, model.tokens), options)

    def distributions(self, contexts: Sequence[Context], *, base: bool = False) -> "list[Tensor]":
        """Return log-probabilities [units, outcomes] for each context; see `Trainable`."""
        import torch

        with self._lock:
            if not base:
                return self._distributions(contexts)
            with torch.no_grad(), self._model.without_adapter():
                return self._distributions(contexts)

    def parameters(self) -> list[Any]:
        """Return the adapter's parameters, layer by layer."""
        return list(self._model.trained.values())

    def state(self) -> "dict[str, Tensor]":
        """Return a copy of the adapter's weights by name, on the CPU."""
        return {name: value.detach().cpu().clone() for name, value in self._model.trained.items()}

    def load_state(self, state: "dict[str, Tensor]") -> None:
        """Take over an adapter's weights. Raises `UserError` where names or shapes differ."""
        model = self._model
        with self._lock:
            model.load(state)

    def save(self, folder: Path) -> None:
        """Write the adapter into a folder, as `adapter.gguf`; nothing where the model is no Llama.

        `llama:smollm2+FOLDER` and `torch:smollm2+FOLDER` play it.
        """
        if self._model.is_llama:
            folder.mkdir(parents=True, exist_ok=True)
            self.save_adapter(folder / FILE)

    def save_adapter(self, path: Path) -> None:
        """Write the adapter as a GGUF file: `llama:smollm2+PATH` and `torch:smollm2+PATH` play it.

        Raises `UserError` where the model is no Llama.
        """
        model = self._model
        write_adapter(path, self.state(), heads=model.heads(), alpha=model.alpha)

    @property
    def _model(self) -> Causal:
        with self._starting:
            if self._loaded is None:
                self._loaded = Causal(
                    self.folder,
                    name=self.name,
                    lora=self.lora,
                    adapter=self.adapter,
                    device=self.device,
                    seed=self.seed,
                )
            return self._loaded

    @property
    def _batcher(self) -> Batcher[Question | Request, Any]:
        with self._starting:
            if self._batches is None:
                self._batches = Batcher(self._answer)
            return self._batches

    async def _continue(self, model: Causal, prompt: Prompt, sampling: Sampling) -> Completion:
        if prompt.schema is not None:
            raise ModelError(f"{self.name} cannot be held to a schema: write llama:… instead.")
        added = model.appended(prompt)
        request = Request(
            ids=(*prompt.prefix_ids, *added),
            max_tokens=sampling.max_tokens or self.traits.answer_tokens,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            seed=sampling.seed,
        )
        model.check_room(len(request.ids) + request.max_tokens)
        sampled: Sampled = await self._batcher.ask(request)
        return Completion(
            model.text(sampled.ids),
            prompt_ids=added,
            ids=sampled.ids,
            logprobs=sampled.logprobs,
            cut=sampled.cut,
        )

    def _answer(self, asked: list[Question | Request]) -> list[Any]:
        """Answer a batch: the scores of each choice, and what continues each text."""
        import torch

        questions = [one for one in asked if isinstance(one, Question)]
        requests = [one for one in asked if isinstance(one, Request)]
        with self._lock, torch.no_grad():
            contexts = [
                Asked(one.ids, (), self._decision(one.neutral, tuple(distinct(one.options))))
                for one in questions
            ]
            scores = iter([_floats(found[0]) for found in self.distributions(contexts)])
            texts = iter(self._model.sample(requests))
        return [next(scores if isinstance(one, Question) else texts) for one in asked]

    def _decision(
        self, neutral: tuple[tuple[int, ...], ...], options: tuple[tuple[int, ...], ...]
    ) -> Decision:
        """Return cut options with their mean scores under content-free transcripts and the base."""
        if not self.calibrate:
            return Decision(options, (0.0,) * len(options))
        order = in_order(options)
        key = (neutral, tuple(options[place] for place in order))
        if key not in self._neutral:
            if len(self._neutral) > 4096:
                self._neutral.clear()
            raw = Decision(key[1], (0.0,) * len(options))
            found = self.distributions([Asked(ids, (), raw) for ids in neutral], base=True)
            self._neutral[key] = _mean([_floats(one[0]) for one in found])
        scores = dict(zip(order, self._neutral[key], strict=True))
        return Decision(options, tuple(scores[place] for place in range(len(options))))

    def _distributions(self, contexts: Sequence[Context]) -> "list[Tensor]":
        order = sorted(range(len(contexts)), key=lambda place: tuple(contexts[place].ids))
        found: dict[int, Tensor] = {}
        trees = [Packed()]
        for place in order:
            tree, ids = trees[-1].tree, contexts[place].ids
            if len(tree) and len(tree) + tree.missing(ids) > TREE:
                trees.append(Packed())
            trees[-1].add(place, contexts[place])
        for packed in trees:
            found.update(packed.read(self._model))
        return [found[place] for place in range(len(contexts))]


def _mean(rows: list[list[float]]) -> list[float]:
    return [sum(column) / len(rows) for column in zip(*rows, strict=True)]


def _floats(values: Any) -> list[float]:
    return values.tolist()
