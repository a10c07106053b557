"""The progress bar of verbs that play many episodes: on standard error, on a terminal, after two seconds."""

import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from firsthand.episode import Episode

PATIENCE_SECONDS = 2.0


@contextmanager
def bar(title: str, total: int) -> Generator[Callable[[Episode], None]]:
    """Show a bar with rate, mean score and time left while the block runs; yields what is called with every episode."""
    if not sys.stderr.isatty():
        yield lambda _episode: None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from firsthand.cli.console import SafeConsole

    fields = (
        TextColumn("{task.fields[rate]:5.1f}/s"),
        TextColumn("score {task.fields[score]:.2f}"),
        TimeRemainingColumn(),
    )
    shown = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        *fields,
        console=SafeConsole(stderr=True),
        transient=True,
    )
    task = shown.add_task(title, total=total, rate=0.0, score=0.0)
    started, rewards = time.monotonic(), [0.0, 0]

    def step(episode: Episode) -> None:
        if episode.reward is not None:
            rewards[:] = rewards[0] + episode.reward, rewards[1] + 1
        done = shown.tasks[0].completed + 1
        shown.update(
            task,
            advance=1,
            rate=done / max(time.monotonic() - started, 1e-9),
            score=rewards[0] / max(rewards[1], 1),
        )

    patience = threading.Timer(PATIENCE_SECONDS, shown.start)
    patience.daemon = True
    patience.start()
    try:
        yield step
    finally:
        patience.cancel()
        patience.join()
        shown.stop()
