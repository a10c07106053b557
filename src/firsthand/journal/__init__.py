"""The append-only store of episodes: segments, their index, queries and export."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from firsthand.journal.export import export_episodes as export_episodes
    from firsthand.journal.journal import Journal as Journal
    from firsthand.journal.journal import Run as Run

_HOME = {"Journal": "journal", "Run": "journal", "export_episodes": "export"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'firsthand.journal' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"firsthand.journal.{_HOME[name]}"), name)
