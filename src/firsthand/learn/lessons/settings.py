"""How lessons are learned: the settings of one run, checked when they are made."""

import math
from collections.abc import Mapping

import msgspec

from firsthand.errors import UserError
from firsthand.learn.lessons.credit import Prior
from firsthand.learn.lessons.gate import GateRules
from firsthand.rollout.play import Limits

TASKS_OF_A_SEED = 1_000_000
"""Train and gate tasks are numbered from `seed` times this, so that no two seeds share one."""


class LearnConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a playbook is learned. Raises `UserError` for a number outside its range."""

    rounds: int = 3
    """Times to wake, review and credit."""
    gate_every: int = 3
    """Rounds between gates; the last round always has one. Each gate spends some of the error
    budget.
    """
    tasks: int = 100
    """Train tasks of each environment in a round; no task comes twice."""
    plays: int = 2
    """Plays of each train task, each with its own mask."""
    eval_tasks: int = 200
    """Held-out tasks of each environment for the final comparison."""
    world: int = 0
    """The world whose laws are learned."""
    level: int = 1
    """The level of all tasks."""
    seed: int = 0
    """Decides tasks, masks and sampling."""
    concurrency: int = 8
    """Most episodes in flight."""
    limits: Limits = Limits()
    """What one episode may take."""
    temperature: float = 1.0
    """Sampling temperature while awake; gates and the final comparison use the agent's own."""
    drop_below: float = 0.1
    """A lesson is retired when P(effect > 0) falls below this."""
    promote_above: float = 0.8
    """A lesson is promoted to core when P(effect > 0) is at least this, the effect pays its tokens,
    and the promoted ones together keep to `false_discoveries`."""
    false_discoveries: float = 0.1
    """Expected share of promoted lessons that do not help."""
    token_price: float = 1e-5
    """Score that one token in the prompt has to earn."""
    capacity: int = 400
    """Most lessons that are not retired; those with the least effect leave first."""
    mask: float = 0.5
    """Probability that a lesson on probation is shown while awake."""
    hide: float = 0.2
    """Probability that a whole kind of lesson is hidden in a play while awake, so that the effect
    of showing any can be told."""
    reaction_pairs: int = 20
    """Pairs of plays, in each environment with laws, that check before learning whether a player
    who is shown lessons as prose reacts to them at all; 0: no check."""
    force: bool = False
    """Learn even if the check found that it does not, and somebody pays for its answers."""
    exclude_flagged: bool = True
    """Learn nothing from episodes that look like exploits of the reward, and count them as failed
    at the gate.
    """
    gate: GateRules = GateRules()
    """How strict the gate is."""
    prior: Prior = Prior()
    """What is believed of effects before evidence."""

    def __post_init__(self) -> None:
        for name in (
            "rounds",
            "gate_every",
            "tasks",
            "plays",
            "eval_tasks",
            "level",
            "concurrency",
        ):
            _expect(name, getattr(self, name), at_least=1)
        for name in ("world", "seed", "capacity", "reaction_pairs"):
            _expect(name, getattr(self, name), at_least=0)
        for name in ("mask", "hide", "drop_below", "promote_above", "false_discoveries"):
            _expect(name, getattr(self, name), at_least=0, at_most=1)
        _expect("temperature", self.temperature, at_least=0)
        _expect("token_price", self.token_price)
        if not 0 < self.mask < 1:
            raise UserError(
                f"mask lies between 0 and 1, ends excluded, got {self.mask:g}: the effect "
                "of a lesson that is always or never shown cannot be told."
            )
        if (
            self.rounds * self.tasks > TASKS_OF_A_SEED
            or self.rounds * self.gate.pairs > TASKS_OF_A_SEED
        ):
            raise UserError(f"A run has at most {TASKS_OF_A_SEED:,} train and gate tasks.")


def differences(started: LearnConfig, now: LearnConfig) -> list[str]:
    """Name the settings that decide what a run plays, and differ.

    How much is in flight does not, nor whether a check that failed is overruled.
    """
    return [
        f"{name}={_shown(getattr(started, name))}"
        for name in started.__struct_fields__
        if name not in ("concurrency", "force") and getattr(started, name) != getattr(now, name)
    ]


def _shown(value: object) -> str:
    if isinstance(value, msgspec.Struct):
        fields: Mapping[str, object] = msgspec.structs.asdict(value)
        return f"({', '.join(f'{name}={_shown(own)}' for name, own in fields.items())})"
    return repr(value)


def _expect(
    name: str, value: float, *, at_least: float | None = None, at_most: float | None = None
) -> None:
    low = at_least is None or value >= at_least
    if not (math.isfinite(value) and low and (at_most is None or value <= at_most)):
        wanted = "a finite number" if at_least is None else f"at least {at_least:g}"
        also = f" and at most {at_most:g}" if at_most is not None else ""
        raise UserError(f"{name} must be {wanted}{also}, got {value!r}.")
