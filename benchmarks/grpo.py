"""Reinforcement learning of a network from nothing, with two controls that must stay flat.

`tiny` learns `interfaces/shop_desk`, world 0, level 1, by GRPO with the settings that `firsthand
train` takes by default. Goal, for each of five seeds: from at most .3 to at least .9 on 200
held-out tasks in less than three minutes on two cores. Controls, with the same seeds and turns: a
learning rate of 0, and outcomes shuffled among the plays of a batch.

    python benchmarks/grpo.py            # 5 seeds and both controls: 2 processes, some 15 minutes
    python benchmarks/grpo.py --jobs 1   # on one core
    python benchmarks/grpo.py --quick    # 1 seed
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import msgspec
from rich.console import Console
from rich.table import Table

ENVIRONMENT = "interfaces/shop_desk"
EVAL_TASKS, LOW, HIGH, SECONDS = 200, 0.3, 0.9, 180.0
FLAT = 0.35
"""A control that learned nothing scores the base rate, .20, plus what 200 tasks leave to chance and
what one fixed answer may gain by luck."""
KINDS = ("grpo", "learning rate 0", "shuffled outcomes")


class Run(msgspec.Struct):
    """One run: scores with intervals on the same held-out tasks."""

    kind: str
    seed: int
    before: tuple[float, float, float]
    after: tuple[float, float, float]
    turns: int
    seconds: float
    cpu_s: float

    @property
    def held(self) -> bool:
        """Whether it did what its kind is there to show."""
        if self.kind != "grpo":
            return self.after[0] <= FLAT
        return self.before[0] <= LOW and self.after[0] >= HIGH and self.seconds < SECONDS


def run(kind: str, seed: int) -> Run:
    """Train once, in a process of its own."""
    return asyncio.run(_run(kind, seed))


async def _run(kind: str, seed: int) -> Run:
    import firsthand as fh
    from firsthand.evaluate.evaluate import summarise
    from firsthand.learn.lab import Lab
    from firsthand.learn.shuffled import shuffled
    from firsthand.learn.weights.presets import preset
    from firsthand.learn.weights.recipes import grpo
    from firsthand.models.tiny import Tiny
    from firsthand.prompt import Sampling

    usual = preset("grpo", "tiny")
    config = msgspec.structs.replace(usual.config, seed=seed)
    if kind == "learning rate 0":
        config = msgspec.structs.replace(config, learning_rate=0.0)
    agent = fh.Agent(model=Tiny(seed=seed), sampling=Sampling(temperature=0.0))
    held_out = fh.tasks(ENVIRONMENT, EVAL_TASKS, split="eval")

    async def score() -> tuple[float, float, float]:
        found = summarise(await fh.rollout(agent, held_out, concurrency=256)).score
        return found.mean, found.interval.low, found.interval.high

    with tempfile.TemporaryDirectory() as folder:
        before = await score()
        started, cpu = time.monotonic(), time.process_time()
        lab = Lab(
            agent,
            [ENVIRONMENT],
            folder=Path(folder),
            budget=usual.budget,
            seed=seed,
            concurrency=256,
            alter=(lambda own: shuffled(own, seed=seed)) if kind == "shuffled outcomes" else None,
        )
        await grpo(lab, config)
        took = time.monotonic() - started, time.process_time() - cpu
        after = await score()
    await agent.model.close()
    return Run(kind, seed, before, after, lab.spent, *took)


def shown(runs: list[Run]) -> Table:
    """Return one line a run."""
    table = Table(title=f"{ENVIRONMENT}, {EVAL_TASKS} held-out tasks a score", box=None)
    for heading in ("run", "seed", "before", "after [95%]", "turns", "s", "CPU s", ""):
        table.add_column(heading)
    for found in sorted(runs, key=lambda found: (KINDS.index(found.kind), found.seed)):
        mean, low, high = found.after
        table.add_row(
            found.kind,
            str(found.seed),
            f"{found.before[0]:.2f}",
            f"{mean:.2f} [{low:.2f}, {high:.2f}]",
            f"{found.turns:,}",
            f"{found.seconds:.0f}",
            f"{found.cpu_s:.0f}",
            "as expected" if found.held else "NOT as expected",
        )
    return table


def main() -> None:
    """Run all and exit with 1 where one run did not do what it should."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one seed instead of five")
    parser.add_argument("--jobs", type=int, default=2, help="processes, each on one core")
    parser.add_argument("--kind", action="append", choices=KINDS, help="only this kind of run")
    parser.add_argument("--seed", action="append", type=int, help="only this seed")
    asked = parser.parse_args()
    seeds = asked.seed or range(1 if asked.quick else 5)
    jobs = [(kind, seed) for kind in asked.kind or KINDS for seed in seeds]
    runs: list[Run] = []
    with ProcessPoolExecutor(asked.jobs, mp_context=get_context("spawn")) as pool:
        for found in pool.map(run, *zip(*jobs, strict=True)):
            runs.append(found)
            print(msgspec.json.encode(found).decode(), file=sys.stderr, flush=True)
    Console(width=100).print(shown(runs))
    learned = [found for found in runs if found.kind == "grpo"]
    if learned:
        print(f"{sum(found.held for found in learned)} of {len(learned)} seeds learned in time")
    sys.exit(not all(found.held for found in runs))


if __name__ == "__main__":
    main()
