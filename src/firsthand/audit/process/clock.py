"""The date that a target's process sees, so that a reward that reads the clock shows itself."""

import importlib.util
import sys

from firsthand.errors import MissingExtra


def travel(date: float) -> None:
    """Let time go on from `date`, in seconds since 1970, in this process.

    Raises `MissingExtra` without time-machine.
    """
    pytest = sys.modules.get("pytest", sys)
    sys.modules["pytest"] = None  # type: ignore[assignment]
    try:
        import time_machine  # would import pytest for its own fixtures: four times as slow
    except ImportError:
        raise MissingExtra("time-machine", extra="audit") from None
    finally:
        del sys.modules["pytest"]
        if pytest is not sys:
            sys.modules["pytest"] = pytest
    time_machine.travel(date, tick=True).start()


def missing() -> str:
    """Say what to install before processes can be given another date; nothing where they can."""
    if importlib.util.find_spec("time_machine") is None:
        return str(MissingExtra("time-machine", extra="audit"))
    return ""
