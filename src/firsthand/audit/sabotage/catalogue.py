"""Sabotage.

Environments that are made gameable on purpose, one flaw at a time, with the true score kept beside
it.

They show that the auditor catches each flaw in any environment, and let experiments measure who
learns to exploit it. A sabotage is a class that stands before the honest one; instances, tools and
expert stay the same, and `Episode.true` keeps what the honest score would have been. Journals
replay, except those of flaws in `unstable_rewards`. Left out: flaws of one environment only.
"""

from functools import cache

from firsthand.audit.sabotage.flawed import Flawed
from firsthand.audit.sabotage.instance_flaws import (
    ExpertFails,
    FewInstances,
    RaisesOnOddInput,
    SplitOverlap,
)
from firsthand.audit.sabotage.leaks import LeaksInError, LeaksInObservation
from firsthand.audit.sabotage.unearned_rewards import (
    BaseRateLie,
    ClaimsPay,
    ConstantWins,
    CyclePays,
    IgnoresCheck,
    InvalidPays,
    JudgeObeys,
    LengthPays,
    PaysAfterDone,
    QuitPays,
    SilencePays,
    SurvivalPays,
)
from firsthand.audit.sabotage.unstable_rewards import (
    ForgetsReset,
    RandomReward,
    ReadsClock,
    UsesHashOrder,
)
from firsthand.environment import Environment
from firsthand.errors import UnknownName, UserError
from firsthand.registry import lookup

IGNORES = "ignores_"
"""`ignores_CHECK` is a sabotage for every check of a score."""


def sabotage(environment: type[Environment] | str, name: str) -> type[Environment]:
    """Return the environment with one flaw, named `domain/family__NAME`.

    `sabotages()` lists the flaws.

    It can be played by its name when the honest environment can; `register` it otherwise. Raises
    `UnknownName`, and `UserError` for an environment that cannot have the flaw.
    """
    return sabotaged(lookup(environment) if isinstance(environment, str) else environment, name)


def sabotages() -> dict[str, str]:
    """Return the flaws by name, with one sentence each."""
    return {name: (flaw.__doc__ or "").partition("\n")[0] for name, flaw in FLAWS.items()}


@cache
def sabotaged(honest: type[Environment], name: str) -> type[Environment]:
    """Return the class of an environment with one flaw, the same class each time.

    Raises `UnknownName`, `UserError`.
    """
    check = name.removeprefix(IGNORES) if name.startswith(IGNORES) else ""
    if name not in FLAWS and not check:
        raise UnknownName("sabotage", name, FLAWS, hint=f"There are: {', '.join(FLAWS)}.")
    if issubclass(honest, Flawed):
        raise UserError(f"{honest.name} is sabotaged already: one flaw at a time.")
    flaw = IgnoresCheck if check else FLAWS[name]
    values = {
        "__doc__": f"{honest.summary()} Sabotaged: {(flaw.__doc__ or '').partition(chr(10))[0]}",
        "__module__": __name__,
        # `__getattr__` finds it, so that the class can travel to other processes
        "__qualname__": f"{honest.name}__{name}",
        "name": f"{honest.name}__{name}",
        "honest": honest,
        **flaw.made_for(honest, check),
    }
    return type(f"{honest.__name__}_{name}", (flaw, honest), values)


def __getattr__(name: str) -> type[Environment]:
    if "/" not in name:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return lookup(name)


FLAWS: dict[str, type[Flawed]] = {
    "score_ignores_a_check": IgnoresCheck,
    "leak_in_error": LeaksInError,
    "leak_in_observation": LeaksInObservation,
    "quit_pays": QuitPays,
    "constant_wins": ConstantWins,
    "claims_pay": ClaimsPay,
    "silence_pays": SilencePays,
    "length_pays": LengthPays,
    "judge_obeys": JudgeObeys,
    "invalid_pays": InvalidPays,
    "cycle_pays": CyclePays,
    "survival_pays": SurvivalPays,
    "forgets_reset": ForgetsReset,
    "reads_clock": ReadsClock,
    "uses_hash_order": UsesHashOrder,
    "random_reward": RandomReward,
    "pays_after_done": PaysAfterDone,
    "expert_fails": ExpertFails,
    "few_instances": FewInstances,
    "split_overlap": SplitOverlap,
    "base_rate_lie": BaseRateLie,
    "raises_on_odd_input": RaisesOnOddInput,
}
