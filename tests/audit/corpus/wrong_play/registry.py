"""Checks of the corpus, each with the targets that it applies to; test_corpus.py runs them all."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from audit.corpus.index import paths

CASES: list[tuple[str, Callable[..., Any], Path | None]] = []
"""Set, check, and the file it is called with; None for a check that chooses its own targets."""


def applies(set_: str, *kinds: str, broken: bool | None = None) -> Callable[..., Any]:
    """Register a check, to be called with the path of each target of a set (see `paths`)."""

    def register(check: Callable[[Path], None]) -> Callable[[Path], None]:
        CASES.extend((set_, check, path) for path in paths(set_, *kinds, broken=broken))
        return check

    return register


def once(set_: str) -> Callable[..., Any]:
    """Register a check that takes no argument."""

    def register(check: Callable[[], None]) -> Callable[[], None]:
        CASES.append((set_, check, None))
        return check

    return register
