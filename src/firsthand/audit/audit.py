"""`fh.audit`: audit anything that can be named, from Python."""

from pathlib import Path

from firsthand.audit.budget import Budget, Options
from firsthand.audit.report.certificate import Certificate
from firsthand.audit.suite import run
from firsthand.audit.targets.naming import spec_of
from firsthand.environment import Environment


def audit(
    target: str | Path | type[Environment],
    *,
    seeds: int = 700,
    budget: Budget = "standard",
    key: str = "",
    only: tuple[str, ...] = (),
) -> Certificate:
    """Attack an environment or a grader and return its certificate; `certificate.verdict` is PASS, FAIL or INCOMPLETE.

    `target`: an environment's name or class, the path of a Python file, or `reasoning-gym:NAME`. Raises `UserError`, `UnknownName`.
    """
    if isinstance(target, type):
        target = f"{target.__module__}:{target.__qualname__}"
    return run(spec_of(str(target)), Options(seeds=seeds, budget=budget, key=key, only=only))
