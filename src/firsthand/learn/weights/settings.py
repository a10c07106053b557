"""What a training run may be told. Every field is one decision, with the reason for its default."""

import math
from typing import Literal

import msgspec

from firsthand.errors import UserError

Ratio = Literal["token", "sequence"]
Aim = Literal["clip", "cispo", "reinforce"]
Norm = Literal["token", "sequence", "constant"]
Baseline = Literal["mean", "leave_one_out"]
Schedule = Literal["constant", "linear"]


def _within(
    config: msgspec.Struct,
    name: str,
    low: float,
    high: float,
    *,
    open_below: bool = False,
) -> None:
    """Raise `UserError` where a number is outside of its range."""
    value = getattr(config, name)
    inside = low < value if open_below else low <= value
    if not (math.isfinite(value) and inside and value <= high):
        bound = f"above {low:g}" if open_below else f"at least {low:g}"
        upper = f" and at most {high:g}" if math.isfinite(high) else ""
        raise UserError(f"{name} must be {bound}{upper}, got {value!r}.")


class LossConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How rows become a gradient."""

    aim: Aim = "clip"
    """`clip`: PPO's clipped ratio; `cispo`: REINFORCE weighted by a clipped ratio that has no
    gradient (MiniMax-M1, arXiv 2506.13585); `reinforce`: no ratio, for data of these weights."""
    ratio: Ratio = "token"
    """One ratio a unit, or one a row: the geometric mean over its units (GSPO, arXiv
    2507.18071)."""
    clip_low: float = 0.2
    clip_high: float = 0.28
    """Ratios are clipped to [1 - low, 1 + high]; the higher upper bound keeps exploration alive
    (DAPO, arXiv 2503.14476)."""
    norm: Norm = "token"
    """`token`: mean over the units of the whole optimizer step; `sequence`: mean over rows of
    their means; `constant`: sum over rows / (rows × `constant`) (Dr. GRPO, arXiv 2503.20783)."""
    constant: float = 256.0
    """The length by which `norm="constant"` divides."""
    cap: float | None = None
    """Truncated importance sampling, for data that other code sampled than trains on it: a unit
    counts min(cap, P(trainer) / P(sampler)) times, 2 is usual (arXiv 2508.03682); None: off."""
    entropy: float = 0.0
    """Weight of the policy's entropy, in nats, averaged over units. Choices of a few options need
    it: without, the policy settles on one option before it has tried the others enough."""
    kl: float = 0.0
    """Weight of KL(policy ‖ base), summed over all outcomes, so that its gradient is exact."""
    sft: float = 1.0
    """Weight of the cross-entropy of rows that imitate."""
    distil: float = 1.0
    """Weight of the divergence from the teacher in rows that have one."""
    divergence: Literal["reverse", "forward"] = "reverse"
    """KL(student ‖ teacher), which seeks the teacher's modes, or KL(teacher ‖ student)."""

    def __post_init__(self) -> None:
        _within(self, "clip_low", 0.0, 1.0)
        for name in ("clip_high", "entropy", "kl", "sft", "distil"):
            _within(self, name, 0.0, math.inf)
        _within(self, "constant", 0.0, math.inf, open_below=True)
        if self.cap is not None:
            _within(self, "cap", 0.0, math.inf, open_below=True)


class TrainConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a recipe plays and trains. One value serves all recipes; each says what it reads."""

    learning_rate: float = 1e-3
    """Of AdamW with betas .9 and .95, no weight decay. 0 is a control: nothing may change."""
    schedule: Schedule = "constant"
    """`linear`: in `grpo` the learning rate falls to 0 in proportion to the turns that are left.
    With a large constant one the last steps decide how good the policy happens to be."""
    batch: int = 8
    """Tasks of an optimizer step (of each environment)."""
    plays: int = 4
    """Plays of each task, whose mean is the baseline of `grpo` and of `filtered_sft`'s choice."""
    epochs: int = 2
    """Passes over the episodes in `sft`, `filtered_sft` and `distil`."""
    demonstrations: int | None = None
    """Most episodes that are imitated or distilled; None: as many as the turns allow."""
    passes: int = 1
    """Optimizer steps on each batch of `grpo`; from the second on, ratios leave 1."""
    temperature: float = 1.0
    """Of sampling while learning; the agent that is returned keeps its own."""
    baseline: Baseline = "mean"
    """`mean` shrinks the expected gradient by (plays - 1) / plays; `leave_one_out` does not."""
    std: bool = False
    """Divide advantages by the group's standard deviation: favours very easy and hard tasks."""
    least: int = 2
    """A group with fewer plays that did not fail is dropped: its baseline says too little."""
    loss: LossConfig = LossConfig()
    """How rows become a gradient."""
    clip_norm: float = 1.0
    """Longest gradient; longer ones are scaled down."""
    micro_batch: int = 64
    """Rows of one forward pass; no result depends on it."""
    top: int = 256
    """Outcomes that a teacher tells about, the likeliest ones; all, where there are fewer."""
    mark_every: int = 0
    """Optimizer steps between points of the learning curve; 0: none but the last."""
    collapse_entropy: float = 0.05
    """Nats; a policy below it, most of whose groups all got the same reward, explores no more."""
    patience: int = 8
    """Batches in a row without exploration, and unsolved, after which `grpo` stops."""
    seed: int = 0
    """Decides sampling and the order of the data."""

    def __post_init__(self) -> None:
        for name in ("batch", "plays", "epochs", "passes", "micro_batch", "patience", "top"):
            _within(self, name, 1, math.inf)
        for name in ("learning_rate", "mark_every", "collapse_entropy", "seed"):
            _within(self, name, 0, math.inf)
        for name in ("temperature", "clip_norm"):
            _within(self, name, 0, math.inf, open_below=True)
        _within(self, "least", 2, math.inf)
        if self.demonstrations is not None:
            _within(self, "demonstrations", 1, math.inf)
