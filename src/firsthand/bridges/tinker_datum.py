"""A row of training data as a `Datum` of tinker: what a server with its API computes a loss from.

Position i of the input is asked for token i + 1, so a row of L tokens is L - 1 targets. Where
nothing was sampled the weight or the advantage is 0. The server sums over all positions of all
data and divides by nothing; whoever wants a mean puts it into `scale`.

Refused, because the API has no room for it: choices among options, whose probabilities are those of
the legal moves and not of the vocabulary; another temperature than 1; teachers.
"""

from collections.abc import Sequence
from typing import Any, Literal

from firsthand.bridges.package import package
from firsthand.errors import UserError
from firsthand.learn.weights.rows import Row

Loss = Literal["cross_entropy", "importance_sampling", "ppo", "cispo"]
"""The losses of the API whose formulas are written down and were compared with ours."""


def datum(
    row: Row,
    *,
    loss: Loss = "importance_sampling",
    scale: Sequence[float] = (),
    anchor: Sequence[float] = (),
) -> Any:
    """Return the `tinker.Datum` of a row.

    `cross_entropy` gets as `weights` 1 for each sampled token of a row that imitates, and the
    advantage for those of others; the other losses get `advantages`, and `logprobs` to which ratios
    are taken: `anchor` [units], or those of the sampler. `scale` [units] multiplies weights and
    advantages. Raises `MissingExtra`, and `UserError` for a row that the API cannot express.
    """
    sdk = package("tinker", extra="tinker")
    check(row)
    worth = 1.0 if row.component == "sft" else row.advantage
    pulls = [worth * each for each in scale or (1.0,) * len(row.taken)]
    inputs: dict[str, Any] = {"target_tokens": list(row.ids[1:])}
    if loss == "cross_entropy":
        inputs["weights"] = spread(row, pulls)
    else:
        inputs["advantages"] = spread(row, pulls)
        inputs["logprobs"] = spread(row, anchor or row.logprobs)
    return sdk.Datum(
        model_input=sdk.ModelInput.from_ints(list(row.ids[:-1])), loss_fn_inputs=inputs
    )


def check(row: Row) -> None:
    """Raise `UserError` for a row that the API cannot express."""
    if row.decision is not None:
        raise UserError(
            f"A row of episode {row.episode} is a choice among options: tinker's API knows "
            "probabilities in the whole vocabulary only. Play with a model that writes its answers."
        )
    if row.temperature != 1.0:
        raise UserError(
            f"A row of episode {row.episode} was sampled at temperature {row.temperature:g}: "
            "tinker's losses know temperature 1 only."
        )
    if row.teacher or row.component == "distil":
        raise UserError(
            f"A row of episode {row.episode} has a teacher: tinker's losses have no place for one."
        )
    if not any(row.mask) or row.mask[0]:
        raise UserError(
            f"A row of episode {row.episode} has no sampled token behind a first one that was not "
            "sampled: nothing can be predicted from nothing."
        )


def spread(row: Row, values: Sequence[float]) -> list[float]:
    """Return values [units] at the positions [L - 1] that predict them; 0.0 elsewhere."""
    left = iter(values)
    return [float(next(left)) if sampled else 0.0 for sampled in row.mask[1:]]


def gathered(row: Row, values: Sequence[float]) -> tuple[float, ...]:
    """Return what stands at the positions [L - 1] of the units: the inverse of `spread`."""
    return tuple(
        float(value) for value, sampled in zip(values, row.mask[1:], strict=True) if sampled
    )
