"""The processes below a process, found in /proc; elsewhere than on Linux none are found."""

import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE = 5.0
"""Seconds that ending a tree may take; more takes a tree that forks faster than it is killed."""


def children(pid: int) -> list[int]:
    """Return the child processes of a process."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError, ValueError):
            found += [int(word) for word in task.read_text().split()]
    return found


def descendants(pid: int) -> list[int]:
    """Return the children of a process, their children, and so on; parents come first."""
    found: list[int] = []
    waiting = children(pid)
    while waiting:
        found += waiting
        waiting = [child for parent in waiting for child in children(parent)]
    return found


def memory(pid: int) -> int:
    """Return the bytes of memory that the descendants of a process hold together."""
    page, total = os.sysconf("SC_PAGE_SIZE"), 0
    for each in descendants(pid):
        with contextlib.suppress(OSError, ValueError, IndexError):
            total += int(Path(f"/proc/{each}/statm").read_text().split()[1]) * page
    return total


def end(pid: int, *, reap: Callable[[], object] = lambda: None) -> None:
    """Kill every descendant of a process, again until none is left; `reap` collects those that
    ended.
    """
    until = time.monotonic() + PATIENCE
    while (found := living(pid)) and time.monotonic() < until:
        for each in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(each, signal.SIGKILL)
        reap()
        time.sleep(0.0005)


def living(pid: int) -> list[int]:
    """Return the descendants that are not zombies."""
    return [each for each in descendants(pid) if _state(each) not in ("Z", "X", "")]


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""
