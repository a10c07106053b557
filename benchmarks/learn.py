"""What the embedded model learns: held-out score before and after, world by world.

    python benchmarks/learn.py                               # interfaces/shop_desk, worlds 0 to 4
    python benchmarks/learn.py --environment rules/triage
    python benchmarks/learn.py --quick                       # one world, a fraction of the rollouts

Each world is learned from nothing by `firsthand.learn.lessons`, as `firsthand learn` does.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from figures import record
from rich.console import Console
from rich.table import Table

from firsthand.agent import Agent
from firsthand.evaluate.wording import number
from firsthand.learn.lessons.learner import LearnConfig, Learned, learn
from firsthand.learn.lessons.outcome import verdict_line
from firsthand.models.llama import Llama
from firsthand.prompt import Sampling


async def run(environment: str, config: LearnConfig) -> tuple[Learned, float]:
    """Learn one world with a freshly loaded model; return the result and the seconds it took."""
    started = time.monotonic()
    model = Llama()
    with tempfile.TemporaryDirectory() as folder:
        learned = await learn(
            Agent(model=model, sampling=Sampling(temperature=0.0)),
            environment,
            folder=Path(folder),
            config=config,
        )
    await model.close()
    return learned, time.monotonic() - started


def main() -> None:
    """Print one row a world."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--environment", default="interfaces/shop_desk")
    parser.add_argument("--worlds", default="0,1,2,3,4")
    parser.add_argument("--level", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    worlds = [0] if options.quick else [int(world) for world in options.worlds.split(",")]
    console = Console(width=None if sys.stdout.isatty() else 150)
    table = Table(
        title=(
            f"{options.environment}, level {options.level}, llama:smollm2, learner seed "
            f"{options.seed}: mean score on held-out tasks [95%]"
        )
    )
    for heading in (
        "world",
        "n",
        "before",
        "after",
        "paired gain",
        "better / worse",
        "lessons",
        "rollouts",
        "seconds",
    ):
        table.add_column(heading)
    gains: list[float] = []
    lows: list[float] = []
    for world in worlds:
        config = LearnConfig(world=world, level=options.level, seed=options.seed)
        if options.quick:
            config = LearnConfig(
                world=world,
                level=options.level,
                seed=options.seed,
                rounds=2,
                tasks=60,
                eval_tasks=40,
            )
        learned, seconds = asyncio.run(run(options.environment, config))
        change = learned.comparison.overall
        assert change is not None, "every episode failed"
        gains.append(change.difference.mean)
        cells = [
            f"{side.mean:.2f} [{side.interval.low:.2f}, {side.interval.high:.2f}]"
            for side in (change.before, change.after)
        ]
        gain = change.difference
        lows.append(gain.interval.low)
        table.add_row(
            str(world),
            str(gain.n),
            *cells,
            f"{gain.mean:+.2f} [{gain.interval.low:+.2f}, {gain.interval.high:+.2f}]",
            f"{gain.better} / {gain.worse}",
            str(len(learned.agent.playbook.active)),
            str(learned.rollouts),
            f"{seconds:.0f}",
        )
        console.print(
            f"world {world}: " + "; ".join(verdict_line(verdict) for verdict in learned.verdicts)
        )
    console.print(table)
    mean = sum(gains) / len(gains)
    console.print(f"mean gain over {len(gains)} worlds: {mean:+.3f}")
    if parser.parse_args([]) == options:
        tasks = f"worlds 0 to {worlds[-1]}, {LearnConfig().eval_tasks} held-out tasks each"
        least = number(min(lows), signed=True)
        record(
            "learn",
            f"{tasks}: mean gain {number(mean, signed=True)}; "
            f"the intervals of the five paired gains all lie above {least}",
        )


if __name__ == "__main__":
    main()
