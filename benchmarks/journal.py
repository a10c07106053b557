"""Episodes a writer stores in a second, beside a bare loop that writes lines of the same length.

python benchmarks/journal.py [EPISODES]
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from figures import record

from firsthand.agent import Agent
from firsthand.episode import Episode, encode
from firsthand.journal import Journal
from firsthand.models import model
from firsthand.registry import tasks
from firsthand.rollout.pool import rollout
from firsthand.shell import run

BATCH = 100


EPISODES = 50_000


def main(n: int = EPISODES) -> None:
    episodes = run(rollout(Agent(model=model("scripted:random")), tasks("control/null", 1000)))
    episodes = [
        msgspec.structs.replace(episodes[i % len(episodes)], id=f"{i:016x}") for i in range(n)
    ]
    size = sum(len(encode(episode)) + 1 for episode in episodes) / n
    print(f"{n:,} one-turn episodes of control/null, {size:.0f} bytes a line, one writer\n")
    print(f"{'':34}{'episodes/s':>12}{'µs each':>10}{'of bare':>9}")
    with tempfile.TemporaryDirectory() as folder:
        bare = show(
            "bare os.write of equal lines", n, lambda: write_bare(Path(folder) / "bare", episodes)
        )
        show("Writer.append", n, lambda: append(Journal(Path(folder) / "one"), episodes), bare)
        each = show(
            f"Writer.append_many, {BATCH} at a time",
            n,
            lambda: append_many(Journal(Path(folder) / "many"), episodes),
            bare,
        )
        if n == EPISODES:
            record("journal", f"{round(1 / each, -3):,.0f} short episodes a second and writer")
        show(
            "Writer.append, closed with zstd",
            n,
            lambda: append(Journal(Path(folder) / "packed"), episodes, compress=True),
            bare,
        )
        show(
            "Writer.append, durable (1% of them)",
            n // 100,
            lambda: append(Journal(Path(folder) / "durable"), episodes[: n // 100], durable=True),
        )
        journal = Journal(Path(folder) / "one")
        print()
        show("indexing", n, lambda: len(journal), bare)
        show("reading in journal order", n, lambda: sum(1 for _ in journal.episodes()), bare)


def show(what: str, n: int, work: Callable[[], object], bare: float | None = None) -> float:
    """Time the work, print its line and return seconds of wall time for one episode."""
    started = time.perf_counter()
    work()
    each = (time.perf_counter() - started) / n
    print(
        f"{what:34}{1 / each:>12,.0f}{each * 1e6:>10.1f}{f'{each / bare:.1f}x' if bare else '':>9}"
    )
    return each


def write_bare(path: Path, episodes: list[Episode]) -> None:
    """Write lines that are ready."""
    lines = [b"x" * len(encode(episode)) + b"\n" for episode in episodes[:1000]]
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for i in range(len(episodes)):
        os.write(file, lines[i % 1000])
    os.close(file)


def append(journal: Journal, episodes: list[Episode], **options: bool) -> None:
    """Acknowledge every episode by itself."""
    with journal.writer(**options) as writer:
        for episode in episodes:
            writer.append(episode)


def append_many(journal: Journal, episodes: list[Episode]) -> None:
    """Acknowledge episodes in batches."""
    with journal.writer() as writer:
        for i in range(0, len(episodes), BATCH):
            writer.append_many(episodes[i : i + BATCH])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
