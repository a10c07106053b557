"""`fh.audit`: audit anything that has a name, and classes of scripts and notebooks, from Python."""

import contextlib
import sys
from collections.abc import Generator
from pathlib import Path

import cloudpickle

from firsthand.audit.budget import Budget, Options
from firsthand.audit.naming import class_spec, spec_of
from firsthand.audit.process import scratch
from firsthand.audit.report.certificate import Certificate
from firsthand.audit.suite import run
from firsthand.audit.targets.file import PICKLED, AuditAtImport
from firsthand.audit.targets.protocol import Spec
from firsthand.environment import Environment, check_contract
from firsthand.errors import UserError


def audit(
    target: str | Path | type[Environment],
    *,
    seeds: int = 700,
    budget: Budget = "standard",
    key: str = "",
    only: tuple[str, ...] = (),
) -> Certificate:
    """Attack an environment or a grader and return its certificate.

    `target`: an environment's name or class, the path of a Python file, or `reasoning-gym:NAME`. A
    class may be defined in a script or a notebook; the processes that play it run the script up to
    the call of `audit`, or get a copy of the notebook's class. `certificate.verdict` is PASS, FAIL
    or INCOMPLETE. Raises `UserError`, `UnknownName`, and `TypeError` for a class that breaks the
    contract of environments.
    """
    if _in_a_worker():
        raise AuditAtImport("The target calls firsthand.audit while it is imported.")
    options = Options(seeds=seeds, budget=budget, key=key, only=only)
    if not isinstance(target, type):
        return run(spec_of(str(target)), options)
    check_contract(target)
    if spec := class_spec(target):
        return run(spec, options)
    with _pickled(target) as spec:
        return run(spec, options)


def _in_a_worker() -> bool:
    """Say whether this process plays a target: a script that audits itself would never end."""
    told = getattr(sys.modules["__main__"], "__spec__", None)
    return told is not None and told.name == "firsthand.process.host"


@contextlib.contextmanager
def _pickled(environment: type[Environment]) -> Generator[Spec]:
    """Write a class that cannot be imported, with what it refers to, where workers can read it."""
    with scratch.folder() as folder:
        path = folder / f"{environment.__name__}{PICKLED}"
        try:
            path.write_bytes(cloudpickle.dumps(environment))
        except Exception as error:
            raise UserError(
                f"{environment.__qualname__} cannot be sent to another process "
                f"({type(error).__name__}: {error}): define it in a file and audit that."
            ) from error
        yield Spec("file", str(path))
