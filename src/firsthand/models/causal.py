"""A causal language model of Hugging Face in memory: its tokenizer, and its network with LoRA."""

import inspect
import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from firsthand.errors import ContextFull, UserError
from firsthand.models.adapter import LLAMAS, Heads, read_adapter
from firsthand.models.chat_tokens import ChatTokens
from firsthand.models.sampler import Request, Sampled, sample
from firsthand.models.token_tree import TokenTree

if TYPE_CHECKING:
    from torch import Tensor


class Lora(msgspec.Struct, frozen=True, kw_only=True):
    """The adapter: `rank` and `alpha` of all linear layers of the upper `share` of the model."""

    rank: int = 16
    alpha: int = 32
    share: float = 2 / 3
    """A third cheaper than all layers; learned as much on SmolLM2."""


class Causal(ChatTokens):
    """The model in memory: tokenizer, network with its adapter, and one forward pass."""

    def __init__(
        self,
        folder: Path,
        *,
        name: str,
        lora: Lora,
        adapter: Path | None = None,
        device: str = "cpu",
        seed: int = 0,
    ) -> None:
        import torch
        from peft import get_peft_model
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()
        torch.set_num_threads(1)  # two that wait for each other are slower on a busy machine
        auto: Any = AutoModelForCausalLM
        tokenizers: Any = AutoTokenizer
        try:
            network = auto.from_pretrained(str(folder), dtype=torch.float32)
            super().__init__(tokenizers.from_pretrained(str(folder)), name=name)
        except (OSError, ValueError, KeyError) as error:
            raise UserError(f"The model in {folder} could not be loaded: {error}") from error
        self.device = torch.device("cpu")
        self._config: Any = network.config
        parameters = inspect.signature(network.forward).parameters
        self._rows_only = "logits_to_keep" in parameters
        self._cache = "cache" if "cache" in parameters else "past_key_values"  # since 5.2x
        self._check_masks(network.eval())
        state, settings = self._settings(network, lora, adapter)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            with warnings.catch_warnings():  # peft calls what transformers has renamed
                warnings.simplefilter("ignore", FutureWarning)
                self.network: Any = get_peft_model(network, settings)
        self.device = torch.device(device)
        self.network.to(self.device).eval()
        self.trained = _trained(self.network)
        self.load(state or self.trained)
        self.context = int(getattr(network.config, "max_position_embeddings", 1 << 20))
        self.stops = frozenset({self.end, *_listed(network.generation_config.eos_token_id)})

    def _settings(
        self, network: Any, lora: Lora, adapter: Path | None
    ) -> "tuple[dict[str, Tensor], Any]":
        """Return the weights of an adapter, if one is given, and what peft has to know."""
        from peft import LoraConfig

        self.alpha = float(lora.alpha)
        state: dict[str, Tensor] = {}
        above = round(self._config.num_hidden_layers * (1 - lora.share))
        rank, parts = lora.rank, _linear(network)
        layers = list(range(above, self._config.num_hidden_layers))
        if adapter is not None:
            state, self.alpha = read_adapter(adapter, heads=self.heads())
            rank = min(min(value.shape) for value in state.values())
            layers = sorted({int(name.split(".")[2]) for name in state})
            parts = sorted({name.split(".")[4] for name in state})
        config: Any = LoraConfig
        return state, config(
            r=rank,
            lora_alpha=self.alpha,
            target_modules=parts,
            layers_to_transform=layers,
            fan_in_fan_out=any(type(m).__name__ == "Conv1D" for m in network.modules()),
            task_type="CAUSAL_LM",
        )

    @property
    def is_llama(self) -> bool:
        """Whether llama.cpp keeps such a model as a Llama."""
        return self._config.model_type in LLAMAS

    def heads(self) -> Heads:
        """Return the numbers of heads. Raises `UserError` where the model is no Llama."""
        config = self._config
        if not self.is_llama:
            raise UserError(
                f"{self.name} is a {config.model_type}: adapters are kept for Llama models only."
            )
        return Heads(config.num_attention_heads, config.num_key_value_heads)

    def load(self, state: "dict[str, Tensor]") -> None:
        """Take over an adapter's weights. Raises `UserError` where names or shapes differ."""
        import torch

        mine = self.trained
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
        with torch.no_grad():
            for name, value in state.items():
                mine[name].copy_(value)

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
        return self._logits(self.network.base_model, tree, places)

    def _check_masks(self, network: Any) -> None:
        """Raise `UserError` where a model lets a token see what it may not, as recurrent ones do.

        A branch of a tree must get what it gets alone, whatever stands beside it.
        """
        import torch

        lines = [[3, 4, 5, 6], [3, 4, 7, 8, 9]]
        together = TokenTree()
        ends = [together.insert(line)[-1] for line in lines]
        try:
            with torch.no_grad():
                packed = self._logits(network, together, ends)
                alone = [network(torch.tensor([line])).logits[0, -1] for line in lines]
            wrong = not torch.allclose(packed, torch.stack(alone), rtol=1e-3, atol=1e-3)
        except (TypeError, ValueError, RuntimeError, IndexError):
            wrong = True
        if wrong:
            raise UserError(
                f"{self.name} is a {self._config.model_type}, which does not keep to the attention "
                "mask that it is given. Models with full attention are needed, such as Llama."
            )

    def _logits(self, network: Any, tree: TokenTree, places: Sequence[int]) -> "Tensor":
        import torch

        ids = torch.tensor([tree.ids], device=self.device)
        mask = torch.zeros(1, 1, len(tree), len(tree), device=self.device)
        mask[0, 0].masked_fill_(
            ~torch.from_numpy(tree.visible()).to(self.device), torch.finfo(mask.dtype).min
        )
        rows = torch.tensor(list(places), device=self.device)
        more = {"logits_to_keep": rows} if self._rows_only else {}
        answer = network(
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
