"""Four ways to catch a learner claiming what is not there, run through the learner itself.

    nothing to learn     control/null: no playbook can help, so none may be deployed
    gate alone           the same, with every lesson sent to the gate, which has to refuse by itself
    another world        lessons of one world of interfaces/shop_desk must not help in other worlds
    a reader of prose    the opposite: one that obeys its system message must be taught by it
    shuffled outcomes    scores dealt out at random among the episodes of a round must teach nothing

The default player copies its worked examples (`copycat.py`), which makes many learners cheap. With
`--model` a real one plays: `--model llama:smollm2 --seeds 2`. What retrieval alone gains is shown
beside what was learned. Exits with 1 when a control fails.

    python benchmarks/controls.py [--quick] [--model llama:smollm2] [--seeds N]
        [--only null,gate,world,shuffled]
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from copycat import Copycat
from reader import Reader
from rich.console import Console
from rich.table import Table

from firsthand.agent import Agent
from firsthand.episode import Episode
from firsthand.evaluate.evaluate import compare, summarise
from firsthand.evaluate.statistics import Difference, Interval, normal_quantile, wilson
from firsthand.learn.lessons.learner import LearnConfig, Learned, learn
from firsthand.learn.shuffled import shuffled as dealt_out
from firsthand.models import model
from firsthand.prompt import Sampling
from firsthand.registry import tasks
from firsthand.rollout.pool import rollout

SEEDS = 60
LEAST_TAUGHT = 0.4
"""Of the .8 that a reader who obeys everything can gain."""
MOST_GAIN, MOST_DEPLOYED = 0.01, 0.05
HOME, ABROAD = 1, (2, 3, 4, 5, 6, 7)
T_5 = 2.571
"""97.5% quantile of Student's t with five degrees of freedom: one fewer than worlds abroad."""
UNJUDGED = {"drop_below": 0.0, "promote_above": 0.0, "token_price": -1.0, "gate_every": 1}


Alter = Callable[[list[Episode]], list[Episode]]


class Bench:
    """Who plays, how many learners, and where the results go."""

    def __init__(self, player: str | None, seeds: int, console: Console) -> None:
        self.player, self.seeds, self.console = player, seeds, console
        self.real = model(player) if player else None

    def agent(self, seed: int) -> Agent:
        """Return the agent that starts to learn."""
        return Agent(model=self.real or Copycat(seed), sampling=Sampling(temperature=0.0))

    async def learned(
        self, environment: str, config: LearnConfig, *, alter: Alter | None = None
    ) -> Learned:
        """Run the learner in a folder that is thrown away."""
        with tempfile.TemporaryDirectory() as folder:
            return await learn(
                self.agent(config.seed),
                environment,
                folder=Path(folder),
                config=config,
                alter=alter,
            )

    async def close(self) -> None:
        """Release the real model."""
        if self.real:
            await self.real.close()


async def null(bench: Bench) -> bool:
    """Learn where nothing can be learned, with many learner seeds."""
    runs = [
        await bench.learned("control/null", LearnConfig(seed=seed)) for seed in range(bench.seeds)
    ]
    return nothing_claimed(bench.console, "Nothing to learn: control/null", runs)


async def gate(bench: Bench) -> bool:
    """The same, but every lesson goes to the gate, whatever its credit: credit alone stops most of
    them.
    """
    runs = [
        await bench.learned("control/null", LearnConfig(seed=seed, **UNJUDGED))
        for seed in range(bench.seeds)
    ]
    return nothing_claimed(
        bench.console, "The gate alone: control/null, every lesson a candidate", runs
    )


async def shuffled(bench: Bench) -> bool:
    """Learn from shuffled outcomes, each learner in a world of its own."""
    configs = [LearnConfig(seed=seed, world=seed) for seed in range(bench.seeds)]
    runs = [
        await bench.learned(
            "interfaces/shop_desk", config, alter=partial(dealt_out, seed=config.seed)
        )
        for config in configs
    ]
    return nothing_claimed(bench.console, "Shuffled outcomes: interfaces/shop_desk", runs)


def nothing_claimed(console: Console, title: str, runs: Sequence[Learned]) -> bool:
    """Report what learners claimed who had nothing to learn; say whether it is little enough."""
    gains = [run.gain for run in runs]
    n, deployed = len(runs), sum(any(verdict.deployed for verdict in run.verdicts) for run in runs)
    mean, interval, share = (
        sum(gains) / n,
        over_runs(gains, eval_tasks=runs[0].after.tasks),
        wilson(deployed, n),
    )
    table = Table(title=title, title_justify="left")
    for heading in ("what", "found [95%]", "allowed", ""):
        table.add_column(heading)
    table.add_row(
        "learners",
        f"{n}, each {runs[0].rollouts} rollouts awake and {runs[0].after.tasks} held-out tasks",
    )
    little, few = abs(mean) <= MOST_GAIN, deployed <= MOST_DEPLOYED * n
    table.add_row(
        "mean claimed gain",
        f"{mean:+.4f} [{interval.low:+.4f}, {interval.high:+.4f}]",
        f"±{MOST_GAIN}",
        passed(little),
    )
    table.add_row(
        "learners that deployed",
        f"{deployed}/{n} = {deployed / n:.3f} [{share.low:.3f}, {share.high:.3f}]",
        f"≤ {MOST_DEPLOYED}",
        passed(few),
    )
    table.add_row("playbooks that faced a gate", str(sum(len(run.verdicts) for run in runs)))
    console.print(table)
    return little and few


async def world(bench: Bench) -> bool:
    """Learn one world; evaluate the agents there and in other worlds, on tasks that no learner saw.

    Two languages may agree in a code by luck, which helps in every task of that world. So the unit
    abroad is the world: the mean difference over several, with a t interval.
    """
    learned = await bench.learned("interfaces/shop_desk", LearnConfig(world=HOME))
    better, bare = learned.agent, bench.agent(0)
    neighbours = {
        f"nearest {k}, no model": Agent(model=Copycat(), playbook=better.playbook, examples=k)
        for k in (1, 5)
    }
    table = Table(
        title=f"Other worlds: interfaces/shop_desk, {len(better.playbook.active)} lessons of "
        f"world {HOME}; {bare.model.name}; differences are paired by task [95%]"
    )
    for heading in ("world", "who", "n", "score", "better than bare by"):
        table.add_column(heading)
    changes: dict[int, Difference] = {}
    for place in (HOME, *ABROAD):
        held_out = tasks(
            "interfaces/shop_desk", 200 if place == HOME else 60, split="eval", world=place
        )
        before = await rollout(bare, held_out, concurrency=LearnConfig().concurrency)
        for name, agent in {
            "bare": bare,
            "learned": better,
            **(neighbours if place == HOME else {}),
        }.items():
            episodes = (
                before
                if name == "bare"
                else await rollout(agent, held_out, concurrency=LearnConfig().concurrency)
            )
            score, change = summarise(episodes).score, difference(before, episodes)
            assert score is not None, "every episode failed"
            gain = (
                ""
                if name == "bare"
                else f"{change.mean:+.2f} [{change.interval.low:+.2f}, {change.interval.high:+.2f}]"
            )
            table.add_row(
                str(place),
                name,
                str(change.n),
                f"{score.mean:.2f} [{score.interval.low:.2f}, {score.interval.high:.2f}]",
                gain,
            )
            if name == "learned":
                changes[place] = change
    home, abroad = changes[HOME].interval, over_worlds([changes[place].mean for place in ABROAD])
    mean = sum(changes[place].mean for place in ABROAD) / len(ABROAD)
    taught, local = home.low > 0, abroad.low <= 0 and abroad.high < home.low
    bench.console.print(table)
    bench.console.print(f"at home above 0: {passed(taught)}")
    bench.console.print(
        f"abroad, {len(ABROAD)} worlds: {mean:+.3f} [{abroad.low:+.3f}, "
        f"{abroad.high:+.3f}], not above 0 and below home: {passed(local)}"
    )
    return taught and local


def over_worlds(differences: Sequence[float]) -> Interval:
    """Return a 95% t interval for the mean difference over worlds."""
    n, centre = len(differences), sum(differences) / len(differences)
    half = T_5 * (sum((value - centre) ** 2 for value in differences) / (n - 1) / n) ** 0.5
    return Interval(centre - half, centre + half)


def difference(before: Sequence[Episode], after: Sequence[Episode]) -> Difference:
    """Return the paired difference on the tasks that both played."""
    change = compare(before, after).overall
    assert change is not None, "every episode failed"
    return change.difference


def over_runs(gains: Sequence[float], *, eval_tasks: int) -> Interval:
    """Return a 95% interval for the mean gain of learners.

    Most gain exactly 0, because they deployed nothing, and a plain interval would have no width.
    Two imagined learners join them that deployed a useless playbook and gained and lost two
    standard errors of their comparison.
    """
    imagined = 2 * (0.5 / eval_tasks) ** 0.5
    values = [*gains, imagined, -imagined]
    n, centre = len(values), sum(values) / len(values)
    half = (
        normal_quantile(0.95)
        * (sum((value - centre) ** 2 for value in values) / (n - 1) / n) ** 0.5
    )
    return Interval(centre - half, centre + half)


def passed(holds: bool) -> str:
    return "[green]PASS[/]" if holds else "[red]FAIL[/]"


async def prose(bench: Bench) -> bool:
    """Teach a reader that obeys prose: what a learner cannot teach it, no model behind an API
    learns.
    """
    gains: list[float] = []
    for number in range(3):
        with tempfile.TemporaryDirectory() as folder:
            agent = Agent(model=Reader(number), sampling=Sampling(temperature=0.0))
            config = LearnConfig(world=number)
            found = await learn(agent, "interfaces/shop_desk", folder=Path(folder), config=config)
        gains.append(found.gain)
    bench.console.print(f"a reader of prose gains {', '.join(f'{gain:+.2f}' for gain in gains)}")
    return min(gains) > LEAST_TAUGHT


CONTROLS = {"prose": prose, "null": null, "gate": gate, "world": world, "shuffled": shuffled}


async def run(bench: Bench, only: Sequence[str]) -> bool:
    """Run the controls and say which passed."""
    held: dict[str, bool] = {}
    try:
        for name in only:
            started = time.monotonic()
            held[name] = await CONTROLS[name](bench)
            bench.console.print(
                f"{name}: {passed(held[name])} ({time.monotonic() - started:.0f} s)\n"
            )
    finally:
        await bench.close()
    return all(held.values())


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the controls; exit with 1 when one fails."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quick", action="store_true", help="few learners, so that only gross failures show"
    )
    parser.add_argument("--model", help="who plays, e.g. llama:smollm2; default: the copycat")
    parser.add_argument("--seeds", type=int, help="learners in each control that counts them")
    parser.add_argument("--only", default=",".join(CONTROLS), help=f"some of {', '.join(CONTROLS)}")
    options = parser.parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else 150)
    seeds = options.seeds or (8 if options.quick else SEEDS)
    if seeds < 20:
        console.print(
            f"Only {seeds} learners a control: too few to bound how often a playbook is "
            f"deployed; the full run has {SEEDS}.\n"
        )
    if not asyncio.run(run(Bench(options.model, seeds, console), options.only.split(","))):
        sys.exit(1)


if __name__ == "__main__":
    main()
