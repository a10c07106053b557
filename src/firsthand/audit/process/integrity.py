"""Has the target changed the worker? Compare firsthand's own functions with what they were before it was loaded.

This holds against code that replaces a function of the auditor, by name. It does not hold against code that
rewrites the memory of its process: against that, rewards are computed again in an ordinary process (`recount`).
"""

import sys
from types import FunctionType, ModuleType
from typing import Any, cast

ROOT = "firsthand"
KINDS: tuple[Any, ...] = (FunctionType, type, ModuleType, classmethod, staticmethod, property)


class Seal:
    """What firsthand's modules and classes contain now."""

    def __init__(self) -> None:
        self._kept: list[tuple[Any, str, Any, Any]] = []
        for module in list(sys.modules.values()):
            if getattr(module, "__name__", "").partition(".")[0] == ROOT:
                self._keep(module)
                for value in list(vars(module).values()):
                    if isinstance(value, type) and value.__module__ == module.__name__:
                        self._keep(value)

    def _keep(self, holder: ModuleType | type) -> None:
        contents: dict[str, Any] = dict(vars(holder))
        for name, value in contents.items():
            if isinstance(value, KINDS):
                self._kept.append((holder, name, value, getattr(value, "__code__", None)))

    def broken(self) -> str:
        """Return the name of something that is no longer what it was; an empty text when all is."""
        for holder, name, value, code in self._kept:
            now = cast("Any", vars(holder)).get(name)
            if now is not value or getattr(now, "__code__", None) is not code:
                home = getattr(holder, "__module__", "") if isinstance(holder, type) else ""
                return ".".join(part for part in (home, holder.__name__, name) if part)
        return ""
