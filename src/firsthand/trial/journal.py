"""The journal of a trial: append-only lines of JSON, from which everything that is reported
follows.

A run is assigned, then finished; both are acknowledged when their line is with the operating
system. A kill can leave one torn line at the end, which readers ignore and the next writer ends.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from firsthand.errors import JournalError
from firsthand.trial.assignment import Mode

NAME = "journal.jsonl"


class Planned(msgspec.Struct, frozen=True, kw_only=True, tag="planned", tag_field="event"):
    """So many runs in all are planned; verdicts are given when they are done."""

    runs: int
    at: float


class Assigned(msgspec.Struct, frozen=True, kw_only=True, tag="assigned", tag_field="event"):
    """What a run shows. `key` names the run; `probability` is that of each item on trial."""

    key: str
    task: str
    mode: Mode
    shown: tuple[str, ...]
    hidden: tuple[str, ...]
    probability: float
    at: float


class Finished(msgspec.Struct, frozen=True, kw_only=True, tag="finished", tag_field="event"):
    """How a run ended. `outcome` is None where there is none, and `error` says why."""

    key: str
    outcome: float | None
    error: str = ""
    exit: int | None = None
    """The agent's exit code; None where it ran out of time or there was none."""
    seconds: float | None = None
    """What the agent took."""
    tokens: float | None = None
    at: float

    @property
    def reward(self) -> float | None:
        """The outcome, as progress bars call it."""
        return self.outcome


Event = Planned | Assigned | Finished


class Run(msgspec.Struct, frozen=True):
    """A run that was assigned and finished."""

    assigned: Assigned
    finished: Finished


class TrialJournal:
    """Reads and appends the events of one trial. Any number of processes may append."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._checked = False

    def append(self, event: Event) -> None:
        """Store an event; it is acknowledged when this returns. Raises `JournalError`."""
        line = msgspec.json.encode(event) + b"\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                if not self._checked and _torn(file):
                    line = b"\n" + line
                if os.write(file, line) != len(line):
                    raise OSError("the disk took only part of a line")
                self._checked = True
            finally:
                os.close(file)
        except OSError as error:
            raise JournalError(f"{self.path} cannot be written: {error}.", path=self.path) from None

    def events(self) -> Iterator[Event]:
        """Yield the events in order; torn lines are passed over, as they were never acknowledged.

        Raises `JournalError` for a line that is whole and yet no event.
        """
        if not self.path.is_file():
            return
        decoder = msgspec.json.Decoder(Event)
        for number, line in enumerate(self.path.read_bytes().split(b"\n"), 1):
            if not line.endswith(b"}"):
                continue
            try:
                yield decoder.decode(line)
            except msgspec.MsgspecError as error:
                raise JournalError(
                    f"{self.path} is damaged in line {number}: {error}. Remove that line to go "
                    "on without it.",
                    path=self.path,
                ) from None

    def plans(self) -> list[int]:
        """Return how many runs were planned, each time that more were."""
        found: list[int] = []
        for event in self.events():
            if isinstance(event, Planned) and event.runs > max(found, default=0):
                found.append(event.runs)
        return found

    def assigned(self) -> dict[str, Assigned]:
        """Return the assignments by key; the first of a key counts."""
        found: dict[str, Assigned] = {}
        for event in self.events():
            if isinstance(event, Assigned):
                found.setdefault(event.key, event)
        return found

    def runs(self) -> list[Run]:
        """Return the finished runs in the order in which they were assigned; of two endings of a
        run the first counts.
        """
        assigned: dict[str, Assigned] = {}
        finished: dict[str, Finished] = {}
        for event in self.events():
            if isinstance(event, Assigned):
                assigned.setdefault(event.key, event)
            elif isinstance(event, Finished):
                finished.setdefault(event.key, event)
        return [Run(own, finished[key]) for key, own in assigned.items() if key in finished]


def _torn(file: int) -> bool:
    """Say whether the file ends within a line."""
    size = os.fstat(file).st_size
    return size > 0 and os.pread(file, 1, size - 1) != b"\n"


def now() -> float:
    """Return the time of an event, in seconds since 1970."""
    return round(time.time(), 3)
