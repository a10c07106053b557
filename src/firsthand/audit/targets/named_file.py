"""Files that are named as targets: `FILE.py` or `FILE.py:CLASS`."""

import hashlib
from pathlib import Path

from firsthand.audit.targets.protocol import Spec


def file_and_class(target: str) -> tuple[Path, str]:
    """Split `FILE.py:CLASS` into the path and the name of the class, which may be missing."""
    path, colon, name = target.rpartition(":")
    if colon and path.endswith(".py") and "/" not in name:
        return Path(path), name
    return Path(target), ""


def file_sha256(spec: Spec) -> tuple[str, str]:
    """Return the name and the hash of a file."""
    path, _ = file_and_class(spec.name)
    return path.name, hashlib.sha256(path.read_bytes()).hexdigest()
