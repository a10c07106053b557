"""A hash of the code behind an environment: its class, and what worlds are built from.

A certificate is about this code. Imports are found by their lines, not by parsing: `firsthand envs`
compares the hashes of all environments at every start.
"""

import hashlib
import inspect
import re
from functools import cache
from pathlib import Path

import firsthand
import firsthand.environment
import firsthand.task
from firsthand.environment import Environment

HOUSE = Path(firsthand.__file__).parent
_IMPORT = re.compile(
    rb"^[ \t]*(?:from|import)[ \t]+firsthand\.((?:worlds|kit|sandbox)[\w.]*)"
    rb"(?:[ \t]+import[ \t]+(\([^)]*\)|[^\n]*))?",
    re.MULTILINE,
)
_NAME = re.compile(rb"\w+")


def environment_sha256(environment: type[Environment]) -> str:
    """Hash the source of a class and its bases, of what they import of `worlds`, `kit` and
    `sandbox`, directly or not, and of environment.py and task.py.
    """
    bases = [base for base in environment.__mro__ if base not in (object, Environment)]
    files = {Path(inspect.getfile(base)) for base in bases}
    left = [*files]
    while left:
        further = set(_imported(left.pop())) - files
        files |= further
        left += further
    files |= {Path(firsthand.environment.__file__), Path(firsthand.task.__file__)}
    ordered = sorted(files, key=lambda file: (file.name, file.parent.name))
    return hashlib.sha256(b"".join(map(_content, ordered))).hexdigest()


@cache
def _content(file: Path) -> bytes:
    return file.read_bytes()


@cache
def _imported(file: Path) -> frozenset[Path]:
    """Return the modules of the house that a file imports anywhere in it."""
    found: set[Path] = set()
    for module, names in _IMPORT.findall(_content(file)):
        place = HOUSE.joinpath(*module.decode().split("."))
        parts = (place / name.decode() for name in _NAME.findall(names))
        found |= {path.with_suffix(".py") for path in (place, *parts)}
    return frozenset(path for path in found if path.is_file())
