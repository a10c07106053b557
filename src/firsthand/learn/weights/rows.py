"""One row of training data for every recipe: what was in the context, and what was sampled in it.

The field has converged on ids, mask, log-probabilities, advantage, version and group (TRL, verl,
prime-rl, tinker); a choice among legal moves is one unit more that they do not have. Tokens are
never made from text again: they are those of the episode (law 9).
"""

from typing import Literal

import msgspec

from firsthand.models.trainable import Decision

Component = Literal["rl", "sft", "distil"]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One context with its sampled units; L tokens, U units."""

    ids: tuple[int, ...]
    """Tokens [L]: prompts, moves and observations, in order."""
    mask: tuple[int, ...]
    """Per token [L]: 1 where the policy sampled it; all 0 for a decision."""
    decision: Decision | None = None
    """The options behind `ids`: then the row has one unit, and `taken` is the option's index."""
    taken: tuple[int, ...]
    """Per unit [U]: what was done: the token, or the index of the option."""
    logprobs: tuple[float, ...]
    """Per unit [U]: its log-probability in nats when it was sampled, at `temperature`."""
    temperature: float = 1.0
    advantage: float = 0.0
    version: int = 0
    """Optimizer steps behind the weights that sampled it."""
    group: str = ""
    """Rows of one group share a baseline: the plays of one task."""
    component: Component = "rl"
    """The loss that it feeds; each component has a denominator of its own."""
    teacher: tuple[dict[int, float], ...] = ()
    """Per unit [U]: the teacher's log-probabilities of its likeliest outcomes; for distillation."""
    episode: str = ""
    """The id of the episode it came from."""
