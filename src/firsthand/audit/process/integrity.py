"""Has the target changed the worker? Compare firsthand's own functions with what they were before
it was loaded.

This holds against code that replaces a function of the auditor, by name. It does not hold against
code that rewrites the memory of its process: against that, rewards are computed again in an
ordinary process (`recount`).
"""

import sys
from collections.abc import Mapping
from types import FunctionType, ModuleType
from typing import Any

ROOT = "firsthand"
KINDS: tuple[Any, ...] = (FunctionType, type, ModuleType, classmethod, staticmethod, property)


class Seal:
    """What firsthand's modules and classes contain now."""

    def __init__(self) -> None:
        self._kept: list[tuple[str, Mapping[str, Any], str, Any]] = []
        self._code: list[tuple[str, Any, Any]] = []
        for module in list(sys.modules.values()):
            if getattr(module, "__name__", "").partition(".")[0] == ROOT:
                self._keep(module.__name__, vars(module))
                for value in list(vars(module).values()):
                    if isinstance(value, type) and value.__module__ == module.__name__:
                        self._keep(f"{module.__name__}.{value.__name__}", vars(value))

    def _keep(self, holder: str, contents: Mapping[str, Any]) -> None:
        for name, value in list(contents.items()):
            if isinstance(value, KINDS):
                self._kept.append((holder, contents, name, value))
            if isinstance(value, FunctionType):
                self._code.append((f"{holder}.{name}", value, value.__code__))

    def broken(self) -> str:
        """Return the name of something that is no longer what it was; an empty text when all is."""
        for holder, contents, name, value in self._kept:
            if contents.get(name) is not value:
                return f"{holder}.{name}"
        for name, function, code in self._code:
            if function.__code__ is not code:
                return name
        return ""
