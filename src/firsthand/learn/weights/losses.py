"""Losses on units [B, U]: the GRPO family, imitation and distillation, with their denominators.

A loss is a sum over components, each divided by the size of its own part of the whole optimizer
step, so that splitting a batch changes nothing and no component dilutes another (prime-rl).
Groups without variance are left out of the policy's component only: their rows still have entropy,
distance from the base, and a teacher.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from firsthand.learn.weights.rows import Row
from firsthand.learn.weights.settings import LossConfig


class Units(NamedTuple):
    """Rows as tensors [B, U], padded; `real` is 1 where there is a unit."""

    logp_BUO: Tensor
    """Log-probabilities of all outcomes, at each row's temperature; -inf where there is none."""
    taken_BU: Tensor
    sampled_BU: Tensor
    """Log-probability of what was taken when it was sampled."""
    advantage_B: Tensor
    real_BU: Tensor
    rl_B: Tensor
    taught_B: Tensor
    """1 where the policy's component learns: rl rows of groups with variance."""
    sft_B: Tensor
    distil_B: Tensor

    @property
    def chosen_BU(self) -> Tensor:
        """Log-probability of what was taken, now; 0 at padding."""
        found = self.logp_BUO.gather(2, self.taken_BU[..., None])[..., 0]
        return torch.where(self.real_BU > 0, found, 0.0)

    @property
    def entropy_BU(self) -> Tensor:
        """Entropy of each unit, in nats."""
        return -(self.logp_BUO.exp() * _finite(self.logp_BUO)).sum(2)


class Counts(NamedTuple):
    """Denominators of one optimizer step, from all of its rows."""

    policy: float
    entropy: float
    sft: float
    distil: float


def units(rows: Sequence[Row], distributions: Sequence[Tensor]) -> Units:
    """Pad what a model says about rows. Shapes as in `Units`."""
    most = max(len(row.taken) for row in rows)
    outcomes = max(dist.shape[1] for dist in distributions)
    padded: list[Tensor] = []
    for row, dist in zip(rows, distributions, strict=True):
        if row.temperature != 1.0:
            dist = torch.log_softmax(dist / row.temperature, 1)
        dist = functional.pad(dist, (0, outcomes - dist.shape[1]), value=-torch.inf)
        padded.append(functional.pad(dist, (0, 0, 0, most - dist.shape[0])))
    device = distributions[0].device

    def column(values: Sequence[float]) -> Tensor:
        return torch.tensor(values, dtype=distributions[0].dtype, device=device)

    def table(of: str, kind: torch.dtype) -> Tensor:
        filled = [[*getattr(row, of), *[0] * (most - len(row.taken))] for row in rows]
        return torch.tensor(filled, dtype=kind, device=device)

    real = [[1] * len(row.taken) + [0] * (most - len(row.taken)) for row in rows]
    return Units(
        torch.stack(padded),
        table("taken", torch.long),
        table("logprobs", distributions[0].dtype),
        column([row.advantage for row in rows]),
        torch.tensor(real, dtype=distributions[0].dtype, device=device),
        column([row.component == "rl" for row in rows]),
        column([row.component == "rl" and not row.even for row in rows]),
        column([row.component == "sft" for row in rows]),
        column([bool(row.teacher) for row in rows]),
    )


def counts(rows: Sequence[Row], config: LossConfig) -> Counts:
    """Return the denominators. The policy's component counts groups with variance only."""
    learned = [row for row in rows if row.component == "rl" and not row.even]
    sizes: dict[str, float] = {
        "token": sum(len(row.taken) for row in learned),
        "sequence": len(learned),
        "constant": len(learned) * config.constant,
    }
    return Counts(
        max(1.0, sizes[config.norm]),
        max(1, sum(len(row.taken) for row in rows if row.component == "rl")),
        max(1, sum(len(row.taken) for row in rows if row.component == "sft")),
        max(1, sum(len(row.taken) for row in rows if row.teacher)),
    )


def loss(
    now: Units,
    per: Counts,
    config: LossConfig,
    *,
    old_BU: Tensor | None = None,
    base: Units | None = None,
    teacher: Sequence[tuple[dict[int, float], ...]] = (),
) -> Tensor:
    """Return the scalar loss of some rows of a step.

    `old_BU` is what the weights that sampled gave, by the trainer's own code; None: what the
    sampler gave. `base` is needed with `kl`, `teacher` [B] where rows have one.
    """
    total = policy(now, config, old_BU=old_BU) / per.policy
    if config.entropy:
        bonus = (now.entropy_BU * now.real_BU * now.rl_B[:, None]).sum() / per.entropy
        total = total - config.entropy * bonus
    if config.kl and base is not None:
        apart = reverse_kl(now.logp_BUO, base.logp_BUO) * now.real_BU * now.rl_B[:, None]
        total = total + config.kl * apart.sum() / per.entropy
    if bool(now.sft_B.any()):
        said = -(now.chosen_BU * now.real_BU * now.sft_B[:, None]).sum()
        total = total + config.sft * said / per.sft
    if bool(now.distil_B.any()):
        total = total + config.distil * distillation(now, teacher, config) / per.distil
    return total


def policy(now: Units, config: LossConfig, *, old_BU: Tensor | None = None) -> Tensor:
    """Return the sum over units of the policy's loss, normalised as `norm` says except for its
    denominator.
    """
    taught = now.real_BU * now.taught_B[:, None]
    lengths = now.real_BU.sum(1, keepdim=True).clamp(min=1)
    chosen, anchor = now.chosen_BU, now.sampled_BU if old_BU is None else old_BU.detach()
    apart = (chosen - anchor) * now.real_BU
    if config.ratio == "sequence":
        # the value of the row's mean, with a gradient into each of its units
        apart = (apart.sum(1, keepdim=True) / lengths).expand_as(apart)
    ratio = apart.exp()
    advantage = now.advantage_B[:, None]
    clipped = ratio.clamp(1 - config.clip_low, 1 + config.clip_high)
    match config.aim:
        case "clip":
            gain = torch.minimum(ratio * advantage, clipped * advantage)
        case "cispo":
            gain = clipped.detach() * advantage * chosen
        case "reinforce":
            gain = advantage * chosen
    if old_BU is not None and config.cap is not None:
        gain = gain * (anchor - now.sampled_BU).exp().clamp(max=config.cap)
    per_unit = -gain * taught
    return (per_unit / lengths).sum() if config.norm == "sequence" else per_unit.sum()


def reverse_kl(logp: Tensor, ref: Tensor) -> Tensor:
    """Return KL(p ‖ ref) over the last axis, summed over outcomes: value and gradient are exact.

    Estimates from samples are not: the gradient of k3 is that of the forward KL (Schulman 2020).
    """
    return (logp.exp() * (_finite(logp) - _finite(ref))).sum(-1)


def distillation(
    now: Units, teacher: Sequence[tuple[dict[int, float], ...]], config: LossConfig
) -> Tensor:
    """Return the sum over units of the divergence between student and teacher.

    Over the outcomes that the teacher tells about, the rest as one outcome more; where it tells
    about all there is no rest.
    """
    total = now.logp_BUO.new_zeros(())
    for row, told in enumerate(teacher):
        for unit, outcomes in enumerate(told):
            places = torch.tensor(list(outcomes), device=now.logp_BUO.device)
            theirs = now.logp_BUO.new_tensor(list(outcomes.values()))
            mine = now.logp_BUO[row, unit, places]
            mine, theirs = _with_rest(mine, theirs, now.logp_BUO[row, unit])
            one, other = (mine, theirs) if config.divergence == "reverse" else (theirs, mine)
            total = total + reverse_kl(one, other)
    return total


def _with_rest(mine: Tensor, theirs: Tensor, whole: Tensor) -> tuple[Tensor, Tensor]:
    """Append what both give to all other outcomes, where there are any."""
    if len(mine) >= int(whole.isfinite().sum()):
        return mine, theirs
    rest = [(-values.exp().sum()).clamp(min=-1 + 1e-7).log1p()[None] for values in (mine, theirs)]
    return torch.cat([mine, rest[0]]), torch.cat([theirs, rest[1]])


def _finite(logp: Tensor) -> Tensor:
    """Replace -inf, which times a probability of 0 is not a number, by 0."""
    return torch.where(logp.isfinite(), logp, 0.0)
