"""How the recipes that train weights are set when they are arms: their presets, the lab's seed, and
a few points on the curve.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from firsthand.errors import UserError
from firsthand.learn.lab import Lab
from firsthand.learn.weights.presets import preset
from firsthand.learn.weights.settings import TrainConfig

MARKS = 4
"""Points on the curve of a recipe, about."""

Options = Mapping[str, Any]
"""Settings that differ from the preset, e.g. `learning_rate=0.0`; `loss.entropy` reaches inside."""
PRESET: Options = {}
"""No setting differs."""


def settings(lab: Lab, name: str, options: Options = PRESET) -> TrainConfig:
    """Return the preset of a recipe for this model, changed by `options`.

    `loss.entropy` is a field of the loss. Raises `UserError` for what is no setting.
    """
    usual = msgspec.to_builtins(preset(name, lab.agent.model.name).config)
    fields: dict[str, Any] = {**usual, "seed": lab.seed}
    for place, value in options.items():
        outer, dot, inner = place.partition(".")
        fields[outer] = {**fields.get(outer, {}), inner: value} if dot else value
    try:
        config = msgspec.convert(fields, TrainConfig)
    except (msgspec.ValidationError, TypeError) as error:
        raise UserError(f"The settings of {name} cannot be used: {error}.") from None
    every = config.mark_every or max(1, _steps(lab, name, config) // MARKS)
    return msgspec.structs.replace(config, mark_every=every)


def _steps(lab: Lab, name: str, config: TrainConfig) -> int:
    """Return about how many optimizer steps a recipe will take: where its curve gets points."""
    if name == "grpo":
        return lab.left // (config.batch * config.plays)
    episodes = lab.left // (config.plays if name == "filtered_sft" else 1)
    return config.epochs * min(episodes, config.demonstrations or episodes) // config.batch
