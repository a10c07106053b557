"""A language model in torch whose weights can be trained, by a LoRA adapter over frozen ones.

`torch:smollm2` has the weights of the embedded model, `torch:FOLDER` is any causal language model
of Hugging Face. It plays by the choice policy and by sampled text as `llama` does, and gives the
trainer the same distributions with their gradient. Sampling and training share one forward pass
over a token tree; nothing is tokenised again.
"""

import asyncio
import copy
import inspect
import threading
import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from firsthand.episode import Turn
from firsthand.errors import ContextFull, ModelError, UserError
from firsthand.models.appended import appended_tokens
from firsthand.models.batcher import Batcher
from firsthand.models.choice import (
    Question,
    branchings,
    distinct,
    in_order,
    neutral_ids,
    option_tokens,
    picked,
    question,
    taken,
)
from firsthand.models.hf_folder import model_folder, require_torch
from firsthand.models.sampler import Request, Sampled, sample
from firsthand.models.token_tree import TokenTree
from firsthand.models.trainable import IMPOSSIBLE, Context, Decision
from firsthand.prompt import Completion, Message, Prompt, Sampling, Traits

if TYPE_CHECKING:
    from torch import Tensor

TREE = 512
"""Tokens in one forward pass: attention over a tree grows with the square of it, and below about
200 the matrices are too small for one core (measured with 128, 256, 512 and 1024)."""


class Lora(msgspec.Struct, frozen=True, kw_only=True):
    """The adapter: `rank` and `alpha` of all linear layers of the upper `share` of the model."""

    rank: int = 16
    alpha: int = 32
    share: float = 2 / 3
    """A third cheaper than all layers; learned as much on SmolLM2."""


class Asked(msgspec.Struct, frozen=True):
    """A context whose distributions are asked for."""

    ids: tuple[int, ...]
    mask: tuple[int, ...] = ()
    decision: Decision | None = None


class Torch:
    """A causal language model with a LoRA adapter, loaded when first used.

    `source` is `smollm2` or a folder. `device` is `cpu` or `cuda` (which nobody has tried yet).
    `calibrate=False` chooses by raw probability; `seed` is that of the adapter's first weights.
    Raises `MissingExtra` without torch, and `UserError` where the folder holds no model.
    """

    traits = Traits(chooses=True, few_shot=True)

    def __init__(
        self,
        source: str = "smollm2",
        *,
        lora: Lora = Lora(),
        device: str = "cpu",
        calibrate: bool = True,
        seed: int = 0,
    ) -> None:
        require_torch()
        self.source, self.lora, self.device = source, lora, device
        self.calibrate, self.seed = calibrate, seed
        self.version = 0
        self.folder = model_folder(source)
        self._loaded: _Loaded | None = None
        self._neutral: dict[tuple[Any, ...], list[float]] = {}
        self._lock = threading.RLock()
        self._starting = threading.Lock()
        self._batches: Batcher[Question | Request, Any] | None = None

    @property
    def name(self) -> str:
        """`torch:` and the source; a folder by its name only, for paths differ between machines."""
        return f"torch:{self.source if self.source == 'smollm2' else self.folder.name}"

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
        import torch

        mine = self._model.trained
        if missing := sorted(mine.keys() ^ state.keys()):
            raise UserError(
                f"The weights do not belong to an adapter of {self.name}: {len(missing)} names "
                f"differ, the first is {missing[0]}. Load what a model with the same Lora wrote."
            )
        for name, value in state.items():
            if value.shape != mine[name].shape:
                raise UserError(
                    f"{name} has the shape {list(value.shape)}, expected "
                    f"{list(mine[name].shape)}. Load what a model with the same Lora wrote."
                )
        with self._lock, torch.no_grad():
            for name, value in state.items():
                mine[name].copy_(value)

    @property
    def _model(self) -> "_Loaded":
        with self._starting:
            if self._loaded is None:
                self._loaded = _Loaded(self)
            return self._loaded

    @property
    def _batcher(self) -> "Batcher[Question | Request, Any]":
        with self._starting:
            if self._batches is None:
                self._batches = Batcher(self._answer)
            return self._batches

    async def _continue(self, model: "_Loaded", prompt: Prompt, sampling: Sampling) -> Completion:
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
        trees = [_Packed()]
        for place in order:
            if len(trees[-1].tree) and len(trees[-1].tree) + len(contexts[place].ids) > TREE:
                trees.append(_Packed())
            trees[-1].add(place, contexts[place])
        for packed in trees:
            found.update(packed.read(self._model))
        return [found[place] for place in range(len(contexts))]


class _Packed:
    """Contexts in one token tree, and which of its rows tell what."""

    def __init__(self) -> None:
        self.tree = TokenTree()
        self.rows: dict[int, int] = {}
        """Place in the tree -> row of the logits."""
        self.decisions: dict[
            int, tuple[Decision, list[tuple[int, dict[int, tuple[int, ...]]]]]
        ] = {}
        self.spans: dict[int, list[int]] = {}

    def add(self, place: int, context: Context) -> None:
        """Put a context into the tree."""
        places = self.tree.insert(context.ids)
        if context.decision is None:
            self.spans[place] = [
                self._row(places[i - 1]) for i, sampled in enumerate(context.mask) if sampled
            ]
            return
        points = [
            (
                self._row([*places, *self.tree.insert(point.prefix, after=places[-1])][-1]),
                point.branches,
            )
            for point in branchings(context.decision.options)
        ]
        self.decisions[place] = context.decision, points

    def _row(self, place: int) -> int:
        return self.rows.setdefault(place, len(self.rows))

    def read(self, model: "_Loaded") -> "dict[int, Tensor]":
        """Run the model and return the distributions by place."""
        import torch

        if not self.rows:
            return {
                place: torch.zeros(1, len(d.options)) for place, (d, _) in self.decisions.items()
            }
        logits = model.logits(self.tree, list(self.rows))
        found = {
            place: torch.log_softmax(logits[rows], dim=-1) for place, rows in self.spans.items()
        }
        for place, (decision, points) in self.decisions.items():
            scores = -torch.tensor(decision.neutral, device=logits.device)
            for row, branches in points:
                odds = torch.log_softmax(logits[row, list(branches)], dim=-1)
                leads = torch.zeros(len(decision.options), len(branches), device=logits.device)
                for column, members in enumerate(branches.values()):
                    leads[list(members), column] = 1.0
                scores = scores + leads @ odds
            found[place] = torch.log_softmax(scores, dim=-1)[None]
        return found


class _Loaded:
    """The model in memory: tokenizer, network with its adapter, and one forward pass."""

    def __init__(self, owner: Torch) -> None:
        import torch
        from peft import LoraConfig, get_peft_model
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()
        torch.set_num_threads(1)  # two that wait for each other are slower on a busy machine
        auto: Any = AutoModelForCausalLM
        tokenizers: Any = AutoTokenizer
        folder, self.name = str(owner.folder), owner.name
        try:
            network = auto.from_pretrained(folder, dtype=torch.float32)
            self.tokenizer: Any = tokenizers.from_pretrained(folder)
        except (OSError, ValueError, KeyError) as error:
            raise UserError(f"The model in {folder} could not be loaded: {error}") from error
        self.device = torch.device(owner.device)
        layers = int(network.config.num_hidden_layers)
        lora = owner.lora
        settings: Any = LoraConfig(
            r=lora.rank,
            lora_alpha=lora.alpha,
            target_modules=_linear(network),
            layers_to_transform=list(range(round(layers * (1 - lora.share)), layers)),
            task_type="CAUSAL_LM",
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(owner.seed)
            with warnings.catch_warnings():  # peft calls what transformers has renamed
                warnings.simplefilter("ignore", FutureWarning)
                self.network: Any = get_peft_model(network, settings)
        self.network.to(self.device).eval()
        self.trained = _trained(self.network)
        self.context = int(getattr(network.config, "max_position_embeddings", 1 << 20))
        self._special: Any = self.tokenizer.backend_tokenizer
        self._plain: Any = copy.deepcopy(self._special)
        self._plain.encode_special_tokens = True
        self.end = int(self.tokenizer.eos_token_id)
        self.stops = frozenset({self.end, *_listed(network.generation_config.eos_token_id)})
        self._pieces: dict[str, tuple[int, ...]] = {}
        parameters = inspect.signature(network.forward).parameters
        self._rows_only = "logits_to_keep" in parameters
        self._cache = "cache" if "cache" in parameters else "past_key_values"  # since 5.2x

    def tokens(self, text: str) -> tuple[int, ...]:
        """Tokenise text in which nothing is a special token."""
        found = self._pieces.get(text)
        if found is None:
            if len(self._pieces) > 65536:
                self._pieces.clear()
            found = tuple(self._plain.encode(text, add_special_tokens=False).ids)
            self._pieces[text] = found
        return found

    def special_tokens(self, text: str, special: bool) -> tuple[int, ...]:
        """Tokenise text, reading special tokens in it only if `special`."""
        if not special:
            return self.tokens(text)
        return tuple(self._special.encode(text, add_special_tokens=False).ids)

    def appended(self, prompt: Prompt) -> list[int]:
        """Return the tokens that the fresh messages of a prompt add to its prefix."""
        return appended_tokens(
            prompt, render=self._render, tokens=self.special_tokens, name=self.name
        )

    def text(self, ids: Sequence[int]) -> str:
        """Return what tokens say, special ones left out."""
        return self._special.decode(list(ids), skip_special_tokens=True)

    def sample(self, requests: Sequence[Request]) -> list[Sampled]:
        """Continue contexts."""
        return sample(self._step, requests, stops=self.stops) if requests else []

    def _step(self, ids: "Tensor", *, mask: "Tensor", positions: "Tensor", cache: Any) -> "Tensor":
        more: dict[str, Any] = {self._cache: cache, "use_cache": True}
        if self._rows_only:
            more["logits_to_keep"] = 1
        answer = self.network.base_model(
            input_ids=ids.to(self.device),
            attention_mask=mask.to(self.device),
            position_ids=positions.to(self.device),
            **more,
        )
        return answer.logits[:, -1].cpu()

    def _render(self, messages: Sequence[dict[str, Any]]) -> str:
        if self.tokenizer.chat_template is None:
            raise ModelError(
                f"{self.name} has no chat template, so that it can choose but not converse. Put "
                "a chat_template.jinja into its folder."
            )
        return self.tokenizer.apply_chat_template(
            list(messages), tokenize=False, add_generation_prompt=True
        )

    def check_room(self, tokens: int) -> None:
        """Raise `ContextFull` where so many tokens do not fit."""
        if tokens > self.context:
            raise ContextFull(
                f"The prompt has {tokens} tokens with what may follow: the context holds "
                f"{self.context}.",
                tokens=tokens,
                context=self.context,
            )

    @contextmanager
    def without_adapter(self) -> Generator[None]:
        """Switch the adapter off."""
        with self.network.disable_adapter():
            yield

    def logits(self, tree: TokenTree, places: Sequence[int]) -> "Tensor":
        """Return [places, vocab]: what the model says after each of these tokens of the tree."""
        import torch

        ids = torch.tensor([tree.ids], device=self.device)
        mask = torch.zeros(1, 1, len(tree), len(tree), device=self.device)
        mask[0, 0].masked_fill_(
            ~torch.from_numpy(tree.visible()).to(self.device), torch.finfo(mask.dtype).min
        )
        rows = torch.tensor(list(places), device=self.device)
        more = {"logits_to_keep": rows} if self._rows_only else {}
        answer = self.network.base_model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=torch.tensor([tree.positions], device=self.device),
            use_cache=False,
            **more,
        ).logits[0]
        return answer if self._rows_only else answer[rows]


def _linear(network: Any) -> list[str]:
    """Return the names that linear layers have inside the numbered layers of a network."""
    kinds = ("Linear", "Conv1D")
    found = {
        str(path).rpartition(".")[2]
        for path, module in network.named_modules()
        if type(module).__name__ in kinds and any(part.isdigit() for part in path.split("."))
    }
    return sorted(found)


def _trained(network: Any) -> dict[str, Any]:
    """Return the parameters of the adapter by name."""
    return {
        str(name).removeprefix("base_model.model."): value
        for name, value in network.named_parameters()
        if value.requires_grad
    }


def _listed(ids: int | list[int] | None) -> list[int]:
    return ids if isinstance(ids, list) else [] if ids is None else [ids]


def _mean(rows: list[list[float]]) -> list[float]:
    return [sum(column) / len(rows) for column in zip(*rows, strict=True)]


def _floats(values: Any) -> list[float]:
    return values.tolist()
