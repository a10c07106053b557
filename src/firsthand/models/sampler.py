"""Sample text from a causal language model: many requests in one batch, with a cache of keys and
values.

Prompts are padded on the left. Log-probabilities are those of exactly the distribution that was
drawn from; each request draws by a seed of its own, so that what it gets does not depend on its
company. Left out: keeping the cache between turns.
"""

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

if TYPE_CHECKING:
    from torch import Tensor

BATCH_TOKENS = 8192
"""Most tokens of one batch, padding and answers included: about 400 MB of cache for SmolLM2."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A context to continue. `seed` None: any."""

    ids: tuple[int, ...]
    max_tokens: int
    temperature: float = 1.0
    top_p: float = 1.0
    seed: int | None = None


class Sampled(msgspec.Struct, frozen=True):
    """What was sampled, with log-probabilities in nats; `cut`: it had not ended."""

    ids: list[int]
    logprobs: list[float]
    cut: bool


class Step(Protocol):
    """Feed tokens [B, L] to a model, which keeps their keys and values in `cache`."""

    def __call__(
        self, ids: "Tensor", *, mask: "Tensor", positions: "Tensor", cache: Any
    ) -> "Tensor":
        """Return the logits [B, vocab] after the last token of each row.

        `mask` [B, all tokens so far] is 0 where a row is padded, `positions` is [B, L].
        """
        ...


def sample(step: Step, requests: Sequence[Request], *, stops: frozenset[int]) -> list[Sampled]:
    """Continue every request until a stop token, which is kept, or `max_tokens`."""
    import torch

    found: dict[int, Sampled] = {}
    with torch.inference_mode():
        for places in _batches(requests):
            answers = _continue(step, [requests[place] for place in places], stops)
            found.update(zip(places, answers, strict=True))
    return [found[place] for place in range(len(requests))]


def _batches(requests: Sequence[Request]) -> list[list[int]]:
    """Put requests of like length together."""
    batches: list[list[int]] = [[]]
    longest = 0
    for place in sorted(range(len(requests)), key=lambda place: len(requests[place].ids)):
        longest = max(longest, len(requests[place].ids) + requests[place].max_tokens)
        if batches[-1] and longest * (len(batches[-1]) + 1) > BATCH_TOKENS:
            batches.append([])
            longest = len(requests[place].ids) + requests[place].max_tokens
        batches[-1].append(place)
    return [batch for batch in batches if batch]


def _continue(step: Step, requests: list[Request], stops: frozenset[int]) -> list[Sampled]:
    import torch
    from transformers import DynamicCache

    width = max(len(request.ids) for request in requests)
    padding = [width - len(request.ids) for request in requests]
    ids = torch.tensor([[0] * pad + list(r.ids) for pad, r in zip(padding, requests, strict=True)])
    mask = torch.tensor([[0] * pad + [1] * (width - pad) for pad in padding])
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    cache: Any = DynamicCache()
    draws = [random.Random(request.seed) for request in requests]
    answers = [Sampled([], [], True) for _ in requests]
    rows = list(range(len(requests)))
    while True:
        logits = step(ids, mask=mask, positions=positions, cache=cache)
        going: list[int] = []
        for row, logit in zip(rows, logits, strict=True):
            request, answer = requests[row], answers[row]
            token, logprob = _draw(logit, request, draws[row])
            answer.ids.append(token)
            answer.logprobs.append(logprob)
            if token in stops:
                answers[row] = Sampled(answer.ids, answer.logprobs, False)
            elif len(answer.ids) < request.max_tokens:
                going.append(row)
        if not going:
            return answers
        if len(going) < len(rows):
            kept = torch.tensor([rows.index(row) for row in going])
            cache.batch_select_indices(kept)
            mask, positions, rows = mask[kept], positions[kept], going
        ids = torch.tensor([[answers[row].ids[-1]] for row in rows])
        mask = torch.cat([mask, mask.new_ones(len(rows), 1)], dim=-1)
        positions = positions[:, -1:] + 1


def _draw(logits: "Tensor", request: Request, draw: random.Random) -> tuple[int, float]:
    """Draw one token from [vocab] logits: nucleus first and then temperature, as llama.cpp does."""
    import torch

    if request.top_p < 1.0:
        likely, order = torch.softmax(logits, dim=-1).sort(descending=True)
        beyond = likely.cumsum(-1) - likely >= request.top_p
        logits = logits.index_fill(0, order[beyond], float("-inf"))
    logprobs = torch.log_softmax(logits / (request.temperature or 1.0), dim=-1)
    if request.temperature == 0.0:
        token = int(logprobs.argmax())
    else:
        reached = logprobs.double().exp().cumsum(-1)
        token = int(torch.searchsorted(reached, draw.random() * float(reached[-1]), right=True))
        token = min(token, len(logprobs) - 1)
    return token, float(logprobs[token])
