"""Contexts in one token tree, and how their distributions are read from its logits."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import msgspec

from firsthand.models.choice import branchings
from firsthand.models.token_tree import TokenTree
from firsthand.models.trainable import Context, Decision

if TYPE_CHECKING:
    from torch import Tensor

TREE = 512
"""Tokens in one forward pass, about: attention over a tree grows with the square of it, and small
matrices are slow. Chosen without a search."""


class Asked(msgspec.Struct, frozen=True):
    """A context whose distributions are asked for."""

    ids: tuple[int, ...]
    mask: tuple[int, ...] = ()
    decision: Decision | None = None


class Reader(Protocol):
    """What reads a tree: a model."""

    def logits(self, tree: TokenTree, places: Sequence[int]) -> "Tensor":
        """Return [places, vocab]: what the model says after each of these tokens of the tree."""
        ...


class Packed:
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

    def read(self, model: Reader) -> "dict[int, Tensor]":
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
