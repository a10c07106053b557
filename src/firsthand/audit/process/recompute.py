"""Rewards computed a second time, in an ordinary Python process that has nothing of the auditor in
it.

A target shares a process with the worker that plays it, so it can replace parts of the worker, or
pay one thing while it is audited and another while it is not. An ordinary process, run as a user
would run it, shows both. Left out: a target that recognises this process too. No audit that runs
the target can exclude that.
"""

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from firsthand.audit.process import plain
from firsthand.audit.process.pool import Conditions, environment, visible
from firsthand.audit.targets.protocol import Play, Spec
from firsthand.process.child import once

SECONDS = 120.0
"""When to give up on a process that does not come to an end."""
LONGEST = 1 << 20
"""Most bytes of its answer that are read."""


def recompute(spec: Spec, plays: Sequence[Play], *, seconds: float = SECONDS) -> list[float | None]:
    """Return the reward of each play, None where there is none.

    The list is shorter than the plays where the process ended before all were played.
    """
    program = Path(plain.__file__).read_text(encoding="utf-8")
    said = once(
        [sys.executable, "-P", "-c", program],
        _order(spec, plays),
        seconds=seconds,
        environment=environment(Conditions()),
        visible=visible(spec),
        limit=LONGEST,
    )
    return _values(said, len(plays))


def _order(spec: Spec, plays: Sequence[Play]) -> bytes:
    from firsthand.audit.targets.reasoning_gym import READING

    fields = msgspec.to_builtins(spec)
    told = [{"seed": p.seed, "actions": p.actions, "verifier": p.verifier} for p in plays]
    return json.dumps({**fields, "reading": spec.name in READING, "plays": told}).encode()


def _values(text: bytes, n: int) -> list[float | None]:
    """Read the answer; what is not as it was asked for counts as missing."""
    values: list[float | None] = []
    for line in text.splitlines()[:n]:
        try:
            (value,) = msgspec.json.decode(line, type=tuple[float | None])
        except msgspec.MsgspecError:
            break
        values.append(value)
    return values


def differ(one: float | None, two: float | None) -> bool:
    """Say whether two rewards of the same play differ by more than rounding."""
    if one is None or two is None:
        return one is not two
    return not math.isclose(one, two, rel_tol=1e-9, abs_tol=1e-9)
