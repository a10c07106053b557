"""A small decoder-only transformer over bytes: RMSNorm, rotary positions, short convolutions.

The convolution over the last bytes is what a tokenizer would be otherwise: words are recognised
within one layer (Primer, arXiv 2109.08668). The output layer starts at 0, so that a fresh model
says everything with equal probability. Left out: dropout, biases, tied embeddings.
"""

import math
from typing import Any, cast

import msgspec
import torch
from torch import Tensor, nn
from torch.nn import functional

VOCABULARY = 261
"""The 256 bytes, four roles and the end of an answer."""

SPAN = 4
"""Bytes that a convolution sees."""


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The size of a network: 3 layers of width 128 are 0.7 M parameters."""

    width: int = 128
    layers: int = 3
    heads: int = 4
    context: int = 2048
    """Most tokens of one conversation."""


Cache = list[tuple[Tensor, Tensor, Tensor]]
"""Per layer: keys and values [rows, heads, tokens, head width], and the last inputs of the
convolution [rows, SPAN - 1, width]."""


class Network(nn.Module):
    """Logits over the next token."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(VOCABULARY, shape.width)
        self.blocks = nn.ModuleList(_Block(shape) for _ in range(shape.layers))
        self.norm = nn.RMSNorm(shape.width)
        self.head = nn.Linear(shape.width, VOCABULARY, bias=False)

    def hidden(
        self,
        ids: Tensor,
        positions: Tensor,
        allowed: Tensor | None = None,
        before: Tensor | None = None,
        cache: Cache | None = None,
    ) -> tuple[Tensor, Cache]:
        """Return the last hidden states [rows, tokens, width], and the cache that goes on.

        `positions` [rows, tokens] count from 0 in each row. `allowed` [rows, 1, tokens, all tokens]
        is true where a token may look; None: at itself and everything before it. `before`
        [rows, tokens, SPAN - 1] are the places of the tokens before each, for packed trees; None:
        the places to the left.
        """
        x = self.embedding(ids)
        turn = _rotation(positions, self.shape.width // self.shape.heads)
        kept: Cache = []
        for index, block in enumerate(self.blocks):
            x, now = block(x, turn, allowed, before, cache[index] if cache else None)
            kept.append(now)
        return self.norm(x), kept

    def logits(self, hidden: Tensor) -> Tensor:
        """Return logits [..., VOCABULARY]."""
        return self.head(hidden)


class _Block(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.width
        self.heads = shape.heads
        self.first, self.second = nn.RMSNorm(width), nn.RMSNorm(width)
        self.mix = nn.Parameter(torch.zeros(SPAN - 1, width))
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, 4 * width, bias=False)
        self.down = nn.Linear(4 * width, width, bias=False)

    def forward(
        self,
        x: Tensor,
        turn: Tensor,
        allowed: Tensor | None,
        before: Tensor | None,
        cache: tuple[Tensor, Tensor, Tensor] | None,
    ) -> Any:
        normed = self.first(x)
        past = None if cache is None else cache[2]
        mixed, tail = _convolved(normed, self.mix, before, past)
        rows, tokens, width = x.shape
        q, k, v = self.qkv(mixed).view(rows, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        q, k = _turned(q, turn), _turned(k, turn)
        if cache is not None:
            k, v = torch.cat([cache[0], k], 2), torch.cat([cache[1], v], 2)
        causal = allowed is None and cache is None
        seen = functional.scaled_dot_product_attention(q, k, v, attn_mask=allowed, is_causal=causal)
        x = x + self.out(seen.transpose(1, 2).reshape(rows, tokens, width))
        return x + self.down(functional.relu(self.up(self.second(x))).square()), (k, v, tail)


def _convolved(
    x: Tensor, mix: Tensor, before: Tensor | None, past: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Add to each token the ones before it, weighted by channel."""
    rows, _, width = x.shape
    if past is None:
        past = x.new_zeros(rows, SPAN - 1, width)
    padded = torch.cat([past, x], 1)
    length = x.shape[1]
    result = x
    for back in range(1, SPAN):
        if before is None:
            shifted = padded[:, SPAN - 1 - back : SPAN - 1 - back + length]
        else:
            at = before[:, :, back - 1, None].expand(-1, -1, width) + SPAN - 1
            shifted = padded.gather(1, at)
        result = result + shifted * mix[back - 1]
    return result, padded[:, length:]


def _rotation(positions: Tensor, width: int) -> Tensor:
    """Return cosines and sines [2, rows, 1, tokens, width / 2] (RoFormer, arXiv 2104.09864)."""
    rate = torch.exp(torch.arange(0, width, 2) * (-math.log(10_000.0) / width))
    angle = positions[:, None, :, None] * rate
    return torch.stack([angle.cos(), angle.sin()])


def _turned(x: Tensor, turn: Tensor) -> Tensor:
    cos, sin = turn
    one, two = x.chunk(2, -1)
    return torch.cat([one * cos - two * sin, one * sin + two * cos], -1)


def fresh(shape: Shape, seed: int) -> Network:
    """Return a network with weights drawn from a seed, whatever the global generator says."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Network(shape)
        for block in cast("list[_Block]", list(network.blocks)):
            nn.init.zeros_(block.out.weight)
            nn.init.zeros_(block.down.weight)
        nn.init.normal_(network.embedding.weight, std=1.0)
        nn.init.zeros_(network.head.weight)
    return network
