"""The date that a target's process sees, so that a reward that reads the clock shows itself."""

from firsthand.errors import MissingExtra


def travel(date: float) -> None:
    """Let time go on from `date`, in seconds since 1970, in this process.

    Raises `MissingExtra` without time-machine.
    """
    try:
        import time_machine
    except ImportError:
        raise MissingExtra("time-machine", extra="audit") from None
    time_machine.travel(date, tick=True).start()


def missing() -> str:
    """Say what to install before processes can be given another date; nothing where they can."""
    try:
        import time_machine  # noqa: F401  # pyright: ignore[reportUnusedImport]
    except ImportError:
        return str(MissingExtra("time-machine", extra="audit"))
    return ""
