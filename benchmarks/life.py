"""A whole life in a minute: the usual schedule, with a model that copies its examples.

    python benchmarks/life.py                              # 12 worlds, 4 arms, no language model
    python benchmarks/life.py --kills 20                   # killed and resumed, then compared
    firsthand live --model llama:smollm2                   # the same with the embedded model

With `--kills N` the same life is lived again in a process that is killed N times at random moments
and goes on; exits with 1 when its journal, stages or playbooks differ from the life never killed.
"""

import argparse
import asyncio
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from copycat import Copycat
from rich.console import Console

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.journal.journal import Journal
from firsthand.learn.life import outcome
from firsthand.learn.life.life import Lived, live
from firsthand.learn.life.settings import LifeConfig
from firsthand.prompt import Sampling


async def lived(folder: Path) -> Lived:
    """Live the usual life, or go on with it."""
    agent = Agent(model=Copycat(), sampling=Sampling(temperature=0.0))
    return await live(agent, folder=folder, config=LifeConfig(), resume=True)


def contents(folder: Path) -> dict[str, Any]:
    """Return everything in a life's folder that does not tell how long it took."""
    found: dict[str, Any] = {
        episode.id: _timeless(episode) for episode in Journal(folder / "journal").episodes()
    }
    for pattern in ("arms/*/stages/*.json", "arms/*/places/*/history/*.toml"):
        found |= {str(p.relative_to(folder)): p.read_bytes() for p in folder.glob(pattern)}
    return found


def _timeless(episode: Episode) -> Episode:
    turns = tuple(msgspec.structs.replace(turn, seconds=(0.0, 0.0)) for turn in episode.turns)
    return msgspec.structs.replace(episode, turns=turns, seconds=0.0)


def killed(folder: Path, kills: int, seconds: float) -> int:
    """Live in processes that are killed at random moments; return how many were."""
    rng, done = random.Random(0), 0
    while True:
        process = subprocess.Popen([sys.executable, __file__, "--into", str(folder)])
        try:
            if done < kills:
                before = _size(folder)
                while _size(folder) == before and process.poll() is None:
                    time.sleep(0.02)  # most of a short life is the start of Python
                time.sleep(rng.random() * 1.6 * seconds / kills)
                if process.poll() is None:
                    process.kill()
                    done += 1
            if process.wait() == 0:
                return done
        finally:
            process.kill()
            process.wait()


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main(arguments: Sequence[str] | None = None) -> None:
    """Live, show what it came to, and compare it with a life that was killed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--into", type=Path, help="live in this folder and say nothing")
    options = parser.parse_args(arguments)
    if options.into:
        asyncio.run(lived(options.into))
        return
    console = Console(width=None if sys.stdout.isatty() else 140, highlight=False)
    with tempfile.TemporaryDirectory() as scratch:
        whole = Path(scratch) / "whole"
        started = time.monotonic()
        found = asyncio.run(lived(whole))
        took = time.monotonic() - started
        for stage in found.of("life"):
            console.print(outcome.line(stage), markup=False)
        result = outcome.result(found)
        for own in result.arms:
            score = f"{own.score.mean:.2f} [{own.score.interval.low:.2f}, "
            score += f"{own.score.interval.high:.2f}] (n = {own.score.n})"
            console.print(f"{own.arm}: {score}, {own.plays:,} plays", markup=False)
        for asked, answer in outcome.questions(result):
            console.print(f"{asked}: {answer}", markup=False)
        episodes = len(Journal(whole / "journal"))
        console.print(f"{result.worlds} worlds, {episodes:,} episodes, {took:.0f} s")
        if not options.kills:
            return
        again = Path(scratch) / "killed"
        again.mkdir()
        times = killed(again, options.kills, took)
        same = contents(again) == contents(whole)
        console.print(f"killed {times} times: {'the same life' if same else 'ANOTHER LIFE'}")
        if not same or times < options.kills:
            sys.exit(1)


if __name__ == "__main__":
    main()
