"""What a user names, as a spec that a child process can load."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from firsthand.audit.process.pool import Lab
from firsthand.audit.targets.named_file import file_and_class, file_sha256
from firsthand.audit.targets.protocol import Facts, Spec
from firsthand.environment import Environment
from firsthand.errors import UserError


def spec_of(target: str) -> Spec:
    """Turn a Python file, `FILE.py:CLASS`, `reasoning-gym:NAME` or an environment's name into a
    spec.

    Raises `UserError`, `UnknownName`.
    """
    if target.startswith("reasoning-gym:"):
        return Spec("reasoning-gym", target.partition(":")[2])
    path, name = file_and_class(target)
    if path.suffix == ".py":
        if not path.is_file():
            raise UserError(f"There is no file {path}.")
        return Spec("file", f"{path.resolve()}{name and ':'}{name}")
    from firsthand.registry import lookup

    return Spec("native", lookup(target).name if ":" not in target else target)


def class_spec(environment: type[Environment]) -> Spec | None:
    """Return a spec by which another process can import the class; None where there is none.

    That is so for a class that is defined in a notebook, in an interactive session, or in a
    function.
    """
    name, module = environment.__qualname__, sys.modules.get(environment.__module__)
    if module is None or "<locals>" in name:
        return None
    if importable := _importable(module):
        return Spec("native", f"{importable}:{name}")
    file = getattr(module, "__file__", None)
    if file and file.endswith(".py") and Path(file).is_file():
        return Spec("file", f"{Path(file).resolve()}:{name}")
    return None


def _importable(module: ModuleType) -> str:
    """Return the name under which another process imports this very module, or nothing."""
    told = getattr(module, "__spec__", None)  # of a script it is None, of `python -m` the module's
    if told is None or told.name == "__main__":
        return ""
    try:
        found = importlib.util.find_spec(told.name)
    except (ImportError, ValueError):
        return ""
    return told.name if found is not None and found.origin == told.origin else ""


def describe(facts: Facts) -> str:
    """Say in a few words what a target is."""
    what = "grader" if facts.kind == "answer" else "environment"
    count = f", {facts.instances} instances" if facts.instances is not None else ""
    return f"{facts.name} ({what}{count})"


def digest_now(spec: Spec) -> str:
    """Return the hash of a target as it is now.

    Raises `UserError` when it is no file and cannot be loaded.
    """
    if spec.source == "file":
        return file_sha256(spec)[1]
    with Lab(spec, workers=1) as lab:
        return lab.start().sha256
