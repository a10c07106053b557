"""What the audit says: witnesses that re-run, findings, and the result of one check."""

from typing import Literal

import msgspec

from firsthand.audit.process.pool import Conditions
from firsthand.audit.targets.protocol import Play

Status = Literal["PASS", "FAIL", "NOT_RUN", "NA"]
Severity = Literal["critical", "major", "minor"]
"""Critical: pays without the work. Major: the reward is not a fact, or breaks. Minor: worth
knowing, fails nothing.
"""
Shows = Literal["pays", "late", "fault", "differs", "refused", "instances", "prints", "recomputed"]


class Witness(msgspec.Struct, frozen=True, omit_defaults=True):
    """Evidence that anyone can run again, in a process that has played nothing.

    `plays` are played in order; the last one shows it. `shows`: `pays` (returns `value` or more),
    `refused` (returns `value` or less), `late` (pays `value` or more after done), `fault` (ends in
    a fault of kind `fault`), `differs` (plays other than `against`, played under `conditions`),
    `instances` (the instances of `plays` still hash to `digest`), `recomputed` (an ordinary process
    computes another reward).
    """

    shows: Shows
    plays: tuple[Play, ...]
    value: float = 0.0
    fault: str = ""
    against: tuple[Play, ...] = ()
    conditions: tuple[Conditions, ...] = ()
    together: bool = False
    times: int = 1
    """`differs`: the last play is repeated so many times in one process, and not all are equal."""
    digest: str = ""
    level: int = 0
    """Level on which the plays are made, where it is not the target's own."""
    prompt: str = ""
    """What the agent saw at the beginning of the last play, cut to 400 characters."""


class Finding(msgspec.Struct, frozen=True, rename={"class_": "class"}):
    """One thing that is wrong. `mean` is of what the attack earned, over `n` instances."""

    check: str
    class_: str
    severity: Severity
    claim: str
    """What was found, in one sentence."""
    n: int
    hits: int
    mean: float
    witness: Witness
    advice: str = ""
    """What to change."""


class CheckResult(msgspec.Struct, frozen=True, rename={"class_": "class"}):
    """The result of one check. `upper95` holds jointly over all checks of the certificate."""

    id: str
    class_: str
    status: Status
    claim: str
    n: int = 0
    probes: int = 0
    """Number of different attacks or comparisons."""
    plays: int = 0
    hits: int = 0
    max: float = 0.0
    mean: float = 0.0
    upper95: float | None = None
    reason: str = ""
    """Why it was not run or does not apply."""
    seconds: float = 0.0
