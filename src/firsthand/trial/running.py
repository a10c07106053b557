"""Many runs: in balanced order, several at once, going on where a crash or Ctrl-C left off."""

import asyncio
import contextlib
import fcntl
from collections.abc import Callable, Coroutine, Generator, Sequence
from pathlib import Path
from typing import Any

from firsthand.errors import RunStopped, UserError
from firsthand.trial import command
from firsthand.trial.assignment import balanced_mode, order
from firsthand.trial.journal import Finished
from firsthand.trial.settings import Task
from firsthand.trial.trial import Trial

FAILURES = 8
"""So many runs in a row without an outcome stop a trial: something is wrong with the check."""


def key(task: str, number: int) -> str:
    """Name the run of a task."""
    return f"{task}#{number}"


async def run(
    trial: Trial,
    tasks: Sequence[Task],
    runs: int,
    *,
    concurrency: int = 1,
    keep: bool = False,
    watch: Callable[[Finished], None] = lambda _: None,
) -> int:
    """Do what is missing of so many runs in all, and return how many were done now.

    Raises `UserError` when a command cannot be started, and `RunStopped`, which says how to look.
    """
    if not trial.on_trial:
        raise UserError("Every item is kept: nothing is on trial.")
    jobs = {task.id: command.job(trial, task) for task in tasks}
    with alone(trial.folder):
        command.sweep(trial)
        trial.plan(runs)
        waiting = iter(
            (task, number)
            for task, number in order(list(jobs), runs, seed=trial.config.seed)
            if not trial.done(key(task, number))
        )
        done = _Count()

        async def work() -> None:
            for task, number in waiting:
                config = trial.config
                mode = balanced_mode(task, number, ends=config.ends, seed=config.seed)
                given = trial.assign(key(task, number), task=task, mode=mode)
                finished = await command.perform(trial, jobs[task], given.assigned, keep=keep)
                trial.finish(finished)
                watch(finished)
                done.add(finished, trial.folder)

        await _together([work() for _ in range(concurrency)])
    return done.all


class _Count:
    """Counts runs, and those in a row that had no outcome."""

    def __init__(self) -> None:
        self.all = self.failed = 0

    def add(self, finished: Finished, folder: Path) -> None:
        self.all += 1
        self.failed = self.failed + 1 if finished.outcome is None else 0
        if self.failed >= FAILURES:
            raise RunStopped(
                f"{self.failed} runs in a row had no outcome: {finished.error}. What the commands "
                f"said is in {folder / 'logs'}."
            )


async def _together(work: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Wait for all; the first failure cancels the others, which end their processes."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.contextmanager
def alone(folder: Path) -> Generator[None]:
    """Hold a trial for this process, so that no run is done twice. Raises `UserError`."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UserError(f"Another process is running the trial in {folder}.") from None
        yield
