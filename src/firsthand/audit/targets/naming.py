"""What a user names, as a spec that a child process can load."""

import hashlib
from pathlib import Path

from firsthand.audit.process.pool import Lab
from firsthand.audit.targets.protocol import Facts, Spec
from firsthand.errors import UserError


def spec_of(target: str) -> Spec:
    """Turn a Python file, `reasoning-gym:NAME` or an environment's name into a spec.

    Raises `UserError`, `UnknownName`.
    """
    if target.startswith("reasoning-gym:"):
        return Spec("reasoning-gym", target.partition(":")[2])
    if target.endswith(".py"):
        path = Path(target)
        if not path.is_file():
            raise UserError(f"There is no file {target}.")
        return Spec("file", str(path.resolve()))
    from firsthand.registry import lookup

    return Spec("native", lookup(target).name if ":" not in target else target)


def describe(facts: Facts) -> str:
    """Say in a few words what a target is."""
    what = "grader" if facts.kind == "answer" else "environment"
    count = f", {facts.instances} instances" if facts.instances is not None else ""
    return f"{facts.name} ({what}{count})"


def file_sha256(spec: Spec) -> tuple[str, str]:
    """Return the name and the hash of a file."""
    path = Path(spec.name)
    return path.name, hashlib.sha256(path.read_bytes()).hexdigest()


def digest_now(spec: Spec) -> str:
    """Return the hash of a target as it is now.

    Raises `UserError` when it is no file and cannot be loaded.
    """
    if spec.source == "file":
        return file_sha256(spec)[1]
    with Lab(spec, workers=1) as lab:
        return lab.start().sha256
