"""The progress of verbs that play many episodes, on standard error: a bar on a terminal, else
lines.
"""

import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Protocol

from firsthand.cli.terminal import tell

PATIENCE_SECONDS = 2.0
"""What is over sooner shows no progress."""
LINE_SECONDS = 10.0
"""Between two lines where there is no terminal, such as in a log."""


class Played(Protocol):
    """What is counted: an episode, or a run of a trial."""

    @property
    def reward(self) -> float | None:
        """What it came to; None when it failed."""
        ...


class Tally:
    """What happened so far: episodes, their mean score, how long it takes."""

    def __init__(self, title: str, total: int) -> None:
        self.title, self.total = title, total
        self.done = self.scored = 0
        self.rewards = 0.0
        self.started = time.monotonic()

    def add(self, episode: Played) -> None:
        """Count an episode."""
        self.done += 1
        if episode.reward is not None:
            self.scored += 1
            self.rewards += episode.reward

    @property
    def rate(self) -> float:
        """Episodes a second."""
        return self.done / max(time.monotonic() - self.started, 1e-9)

    @property
    def score(self) -> float:
        """Mean score of the episodes that have one."""
        return self.rewards / max(self.scored, 1)

    def line(self) -> str:
        """Say it on one line."""
        said = f"{self.title}: {self.done} of {self.total}"
        if not self.done:
            return f"{said} after {time.monotonic() - self.started:.0f} s"
        left = (self.total - self.done) / self.rate
        return f"{said}, {self.rate:.1f}/s, score {self.score:.2f}, {left:.0f} s left"


@contextmanager
def bar(title: str, total: int) -> Generator[Callable[[Played], None]]:
    """Show progress while the block runs; yields what is called with every episode."""
    tally = Tally(title, total)
    with _bar(tally) if sys.stderr.isatty() else _lines(tally) as step:
        yield step


@contextmanager
def _lines(tally: Tally) -> Generator[Callable[[Played], None]]:
    over = threading.Event()

    def report() -> None:
        wait = PATIENCE_SECONDS
        while not over.wait(wait):
            tell(tally.line(), err=True)
            wait = LINE_SECONDS

    reporter = threading.Thread(target=report, daemon=True)
    reporter.start()
    try:
        yield tally.add
    finally:
        over.set()
        reporter.join()


@contextmanager
def _bar(tally: Tally) -> Generator[Callable[[Played], None]]:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from firsthand.cli.console import SafeConsole

    shown = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:5.1f}/s"),
        TextColumn("score {task.fields[score]:.2f}"),
        TimeRemainingColumn(),
        console=SafeConsole(stderr=True),
        transient=True,
    )
    task = shown.add_task(tally.title, total=tally.total, rate=0.0, score=0.0)

    def step(episode: Played) -> None:
        tally.add(episode)
        shown.update(task, advance=1, rate=tally.rate, score=tally.score)

    patience = threading.Timer(PATIENCE_SECONDS, shown.start)
    patience.daemon = True
    patience.start()
    try:
        yield step
    finally:
        patience.cancel()
        patience.join()
        shown.stop()
