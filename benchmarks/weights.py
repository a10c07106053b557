"""What a real model learns in its weights: SmolLM2 in torch, by imitation and by reinforcement.

    python benchmarks/weights.py                  # shop_desk and triage, worlds 0 to 2, 3 seeds
    python benchmarks/weights.py --seeds 1 --worlds 0
    python benchmarks/weights.py --quick          # one world, few turns

Imitation gets 150 episodes of the expert, GRPO 3,400 turns of its own. Beside them stand controls
that must not learn: GRPO at learning rate 0, and with outcomes dealt out at random within each
batch. Scores are those on 200 tasks of the eval split, greedy. Every finished row is kept in
`--out`, so that a run that is started again goes on where it stopped.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import msgspec
from figures import record
from rich.console import Console
from rich.table import Table

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.evaluate.evaluate import compare
from firsthand.learn.lab import Lab
from firsthand.learn.shuffled import shuffled
from firsthand.learn.weights.presets import preset
from firsthand.learn.weights.recipes import grpo, sft
from firsthand.learn.weights.settings import TrainConfig
from firsthand.models.torch import Torch
from firsthand.prompt import Sampling
from firsthand.registry import tasks
from firsthand.rollout.pool import rollout

ENVIRONMENTS = ("interfaces/shop_desk", "rules/triage")
ARMS = ("sft", "grpo", "shuffled", "lr 0")
EXPERT_EPISODES = 150
TURNS = {"sft": EXPERT_EPISODES, "grpo": 3400, "shuffled": 3400, "lr 0": 640}
"""Turns an arm may play. Where the learning rate is 0 the weights are the same after any number."""
ROUNDING = 0.01
"""Weights that did not change may choose otherwise where two options are equally likely: who shares
a batch decides how sums are rounded. Seen: one task in 200."""
CONCURRENCY = 64
"""Episodes in flight: one batch of the model, and one optimizer step of GRPO."""


class Row(msgspec.Struct, frozen=True):
    """One learner: its held-out scores before and after, and what they took."""

    environment: str
    world: int
    seed: int
    arm: str
    n: int
    before: float
    after: float
    gain: float
    low: float
    high: float
    turns: int
    seconds: float
    cpu_seconds: float

    @property
    def cell(self) -> tuple[str, int, int, str]:
        """What it is a row of."""
        return self.environment, self.world, self.seed, self.arm


def config(arm: str, seed: int) -> TrainConfig:
    """Return how an arm trains: as `firsthand train` does. Settings were tried on worlds 3 to 5."""
    usual = preset("sft" if arm == "sft" else "grpo", "torch:smollm2").config
    rate = 0.0 if arm == "lr 0" else usual.learning_rate
    return msgspec.structs.replace(usual, learning_rate=rate, seed=seed)


async def learned(model: Torch, cell: tuple[str, int, int, str], turns: int, n: int) -> Row:
    """Train the model from its base weights on one world, and compare on held-out tasks."""
    environment, world, seed, arm = cell
    agent = Agent(model=model, sampling=Sampling(temperature=0.0))
    held_out = tasks(environment, n, split="eval", world=world)

    async def play() -> list[Episode]:
        return await rollout(agent, held_out, concurrency=CONCURRENCY)

    before = await play()
    wall, cpu = time.monotonic(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(
            agent,
            [environment],
            folder=Path(folder),
            budget=turns,
            world=world,
            seed=seed,
            concurrency=CONCURRENCY,
            alter=partial(shuffled, seed=seed) if arm == "shuffled" else None,
        )
        recipe = sft if arm == "sft" else grpo
        await recipe(lab, config(arm, seed))
    took = time.monotonic() - wall, time.process_time() - cpu
    change = compare(before, await play()).overall
    assert change is not None, "every episode failed"
    gain = change.difference
    return Row(
        *cell,
        gain.n,
        change.before.mean,
        change.after.mean,
        gain.mean,
        gain.interval.low,
        gain.interval.high,
        lab.spent,
        *(round(seconds, 1) for seconds in took),
    )


def cells(worlds: Sequence[int], seeds: int, arms: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield every learner, those of the first seed first."""
    for seed in range(seeds):
        for world in worlds:
            for environment in ENVIRONMENTS:
                yield from ((environment, world, seed, arm) for arm in arms)


def shown(rows: Sequence[Row], console: Console) -> None:
    """Print one line an environment and arm, and one for each learner."""
    table = Table(title="torch:smollm2, held-out tasks: mean score before and after [range]")
    for heading in ("environment", "arm", "learners", "before", "after", "least after", "seconds"):
        table.add_column(heading)
    for environment in ENVIRONMENTS:
        for arm in ARMS:
            own = [row for row in rows if (row.environment, row.arm) == (environment, arm)]
            if own:
                after = [row.after for row in own]
                table.add_row(
                    environment,
                    arm,
                    str(len(own)),
                    f"{sum(row.before for row in own) / len(own):.2f}",
                    f"{sum(after) / len(own):.3f}",
                    f"{min(after):.3f} … {max(after):.3f}",
                    f"{sum(row.seconds for row in own) / len(own):.0f}",
                )
    console.print(table)
    for row in rows:
        console.print(
            f"{row.environment} world {row.world} seed {row.seed} {row.arm}: {row.before:.2f} to "
            f"{row.after:.3f}, paired gain {row.gain:+.2f} [{row.low:+.2f}, {row.high:+.2f}], "
            f"n = {row.n}, {row.turns} turns, {row.seconds:.0f} s ({row.cpu_seconds:.0f} CPU s)",
            highlight=False,
        )


async def run(options: argparse.Namespace, console: Console) -> list[Row]:
    """Fill the cells that are missing in the file of rows, and return all of them."""
    rows: list[Row] = []
    if options.out.exists():
        lines = options.out.read_bytes().splitlines()
        rows = [msgspec.json.decode(line, type=Row) for line in lines]
    worlds = [0] if options.quick else [int(world) for world in options.worlds.split(",")]
    seeds, arms = (1 if options.quick else options.seeds), options.arms.split(",")
    wanted = list(cells(worlds, seeds, arms))
    done = {row.cell for row in rows}
    model = Torch()
    base = model.state()
    for cell in wanted:
        if cell in done:
            continue
        model.load_state(base)
        model.version = 0
        turns = TURNS[cell[3]] // (8 if options.quick and cell[3] != "sft" else 1)
        rows.append(await learned(model, cell, turns, 40 if options.quick else 200))
        with options.out.open("ab") as file:
            file.write(msgspec.json.encode(rows[-1]) + b"\n")
        shown(rows[-1:], console)
    await model.close()
    return [row for row in rows if row.cell in set(wanted)]


def main() -> None:
    """Print the table; exit with 1 when a control learned."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--worlds", default="0,1,2")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--arms", default=",".join(ARMS))
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()) / "weights.jsonl")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if options.quick:
        options.out = Path(tempfile.mkdtemp()) / "weights.jsonl"
    console = Console(width=None if sys.stdout.isatty() else 150)
    rows = asyncio.run(run(options, console))
    shown(rows, console)
    if options == parser.parse_args([]):
        told = [
            f"{arm} {min(row.after for row in rows if row.arm == arm):.2f} or more"
            for arm in ("sft", "grpo")
        ]
        record("weights", f"{len(rows)} learners, 200 held-out tasks each: {', '.join(told)}")
    frozen = [row for row in rows if row.arm == "lr 0" and abs(row.gain) > ROUNDING]
    taught = [row for row in rows if row.arm == "shuffled" and row.low > 0.0]
    if frozen or len(taught) > max(1, len(rows) // 20):
        console.print("[red]a control learned[/]")
        sys.exit(1)


if __name__ == "__main__":
    main()
