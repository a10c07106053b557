"""How a bridge imports its package: when it is called, and with the fix where it is missing."""

import importlib
from typing import Any

from firsthand.errors import MissingExtra


def package(name: str, *, extra: str) -> Any:
    """Import a module of another package, untyped. Raises `MissingExtra`."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        top = name.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != top:
            raise
        raise MissingExtra(top.replace("_", "-"), extra=extra) from None
