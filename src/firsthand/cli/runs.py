"""The folders of runs: where one goes that nobody named a folder for, and how to go on with it."""

import re
import shlex
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer

from firsthand.cli.terminal import tell
from firsthand.errors import RunStopped

ROOT = Path("runs")


def new_run(stem: str) -> Path:
    """Return the first folder in runs/ that does not exist, of STEM, STEM-2, STEM-3 and so on."""
    return next(path for path in _named(stem) if not path.exists())


def old_runs(stem: str) -> list[Path]:
    """Return the folders in runs/ that such names have, the newest name first."""
    return [path for path in _named(stem) if path.exists()][::-1]


def how_to_go_on(
    folder: Path,
    *,
    named: bool = True,
    kept: str = "Every finished episode is",
    more: Sequence[str] = (),
) -> str:
    """Say which command goes on with the run in a folder; `named`: the command has the folder."""
    words = [*(word for word in sys.argv[1:] if word != "--resume"), *more]
    words += [] if named else ["--out", str(folder)]
    return f"{kept} in {folder}. Go on with: {shlex.join(['firsthand', *words, '--resume'])}"


@contextmanager
def interruptible(how: str) -> Generator[None]:
    """Where the block ends early, say `how` to go on with it; a run that stopped exits with 1."""
    try:
        yield
    except KeyboardInterrupt:
        tell(how, err=True)
        raise
    except RunStopped as stopped:
        tell(f"Stopped: {stopped}\n{how}", err=True)
        raise typer.Exit(1) from None


def _named(stem: str) -> Iterator[Path]:
    # MODULE:CLASS names an environment too, and not every file system takes its colon
    safe = re.sub(r"[^\w+-]+", "_", stem)
    return (ROOT / name for name in (safe, *(f"{safe}-{n}" for n in range(2, 10_000))))
