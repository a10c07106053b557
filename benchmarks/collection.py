"""The set of environments, measured: transfer, learnability, and how hard it is for whom.

    python benchmarks/collection.py transfer learnability difficulty model page

Each part goes on where it stopped: every figure is kept in collection.json beside this file, with
its n. `page` writes docs/collection.md with the heat map. Learners are the reference learners of
`firsthand.catalogue.reference`, which imitate the expert among choices; tasks are held out.

Takes about an hour on a core; `model` needs the embedded SmolLM2 and takes another.
"""

import argparse
import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from statistics import fmean

os.environ.setdefault("OMP_NUM_THREADS", "1")

import msgspec

import firsthand as fh
from firsthand.catalogue.ceiling import curve
from firsthand.catalogue.diversity import NEAR_TRANSFER, clusters, effective_number
from firsthand.catalogue.reference import (
    Copycat,
    Linear,
    agreement,
    chance,
    demonstrated,
    scored,
    shuffled,
)
from firsthand.environment import Environment
from firsthand.registry import environments, lookup
from firsthand.rollout.play import Limits
from firsthand.sandbox import needs
from firsthand.task import Split

FILE = Path(__file__).with_name("collection.json")
PAGE = Path(__file__).parents[1] / "docs" / "collection.md"
PICTURE = PAGE.with_name("transfer.svg")
SHOWN, HELD_OUT = 100, 60
"""Expert episodes that are imitated for the transfer matrix, and tasks of each of its cells."""
POINTS = (0, 30, 100, 300)
"""Expert episodes of the learning curves."""
SEEDS = 3
PLAYS = 40
"""Tasks of a level and policy."""
MODEL_PLAYS = 20
LEARNED = 0.1
"""A column counts where its own learner agrees with the expert by this much more often than chance:
with less, two families whose noise is alike would count as one."""


class Kept:
    """Figures by name, written after each."""

    def __init__(self) -> None:
        self.values: dict[str, float] = (
            msgspec.json.decode(FILE.read_bytes(), type=dict[str, float]) if FILE.exists() else {}
        )

    async def get(self, name: str, measure: Callable[[], Awaitable[float]]) -> float:
        """Return a figure, measured once."""
        if name not in self.values:
            started = time.process_time()
            self.values[name] = round(await measure(), 4)
            print(f"{name}: {self.values[name]:.3f}  ({time.process_time() - started:.0f} CPU s)")
            ordered = dict(sorted(self.values.items()))
            FILE.write_bytes(msgspec.json.format(msgspec.json.encode(ordered)) + b"\n")
        return self.values[name]


def choosing() -> list[str]:
    """Return the environments of choices that have something to learn and need nothing special."""
    return [
        name
        for name in environments()
        if lookup(name).choices is not Environment.choices
        and name != "control/null"
        and not lookup(name).needs
    ]


async def fitted(name: str, n: int, world: int = 0, *, kind=Linear, control: bool = False):
    """Return a learner after n expert episodes of a world."""
    shown = await demonstrated(tasks_of(name, n, world)) if n else []
    episodes = shuffled(shown, seed=world) if control else shown
    learner = kind()
    learner.fit([decision for made in episodes for decision in made], seed=world)
    return learner


async def transfer(kept: Kept) -> None:
    """Learn on A, foresee the expert on B, without hints and at level 1, in three worlds."""
    names = choosing()
    held_out = {
        (b, world): await demonstrated(tasks_of(b, HELD_OUT, world, split="eval"))
        for b in names
        for world in range(SEEDS)
    }
    for a in names:
        if all(f"agrees {a} > {b}" in kept.values for b in names):
            continue
        learners = [await fitted(a, SHOWN, world) for world in range(SEEDS)]
        for b in names:
            found = [agreement(one, held_out[b, world]) for world, one in enumerate(learners)]
            await kept.get(f"agrees {a} > {b}", partial(at, fmean(found)))
            blind = [chance(held_out[b, world]) for world in range(SEEDS)]
            await kept.get(f"chance {b}", partial(at, fmean(blind)))


def tasks_of(name: str, n: int, world: int, *, split: Split = "train"):
    """Return tasks of a world; where worlds do not differ, tasks further on."""
    if lookup(name).laws:
        return fh.tasks(name, n, split=split, world=world)
    return fh.tasks(name, n, split=split, start=world * n)


async def at(value: float) -> float:
    return value


async def mean(learner, tasks) -> float:
    return fmean(await scored(learner, tasks))


async def learnability(kept: Kept) -> None:
    """Reference learners' curves in three worlds, beside shuffled decisions and the ceiling."""
    for name in [name for name in choosing() if lookup(name).laws]:
        for world in range(SEEDS):
            last = f"{name} w{world} n{POINTS[-1]}"
            if f"shuffled {last}" in kept.values:
                continue
            tasks = fh.tasks(name, HELD_OUT, split="eval", world=world)
            expected = await demonstrated(tasks)
            for n in POINTS:
                for kind in (Linear, Copycat):
                    learner = await fitted(name, n, world, kind=kind)
                    key = f"{kind.__name__.lower()} {name} w{world} n{n}"
                    await kept.get(key, partial(at, agreement(learner, expected)))
                    if n == POINTS[-1] and kind is Linear:
                        await kept.get(f"score {last}", lambda: mean(learner, tasks))  # noqa: B023

                async def ideal(n=n, world=world, name=name):
                    return (await curve(name, world=world, episodes=(n,), held_out=HELD_OUT))[0]

                await kept.get(f"ceiling {name} w{world} n{n}", ideal)
            control = await fitted(name, POINTS[-1], world, control=True)
            await kept.get(f"shuffled {last}", partial(at, agreement(control, expected)))


async def difficulty(kept: Kept) -> None:
    """Play the expert, random and idle policies at every level."""
    for name in environments():
        costly = needs.costly(lookup(name).needs)
        for policy in ("expert", "random", "idle"):
            agent = fh.Agent(model=fh.model(f"scripted:{policy}"))
            for level in lookup(name).levels:
                tasks = fh.tasks(name, 4 if costly else PLAYS, split="eval", level=level)
                await kept.get(f"{policy} {name} l{level}", lambda: rate(agent, tasks))  # noqa: B023


async def rate(agent, tasks, limits: Limits = Limits()) -> float:
    episodes = await fh.rollout(agent, tasks, limits=limits)
    return fmean(episode.reward or 0.0 for episode in episodes)


async def model(kept: Kept) -> None:
    """Play the embedded SmolLM2 at level 1, where it can be asked to choose."""
    agent = fh.Agent(model=fh.model("llama:smollm2"))
    for name in choosing():
        tasks = fh.tasks(name, MODEL_PLAYS, split="eval")
        await kept.get(f"smollm2 {name} l1", lambda: rate(agent, tasks, Limits(turns=16)))  # noqa: B023


async def page(kept: Kept) -> None:
    """Write docs/collection.md and the heat map."""
    from collection_page import written

    text, picture = written(kept.values, *near(kept.values))
    PAGE.write_text(text, encoding="utf-8")
    PICTURE.write_text(picture, encoding="utf-8")


def near(values: dict[str, float]):
    """Return normalised transfer between environments, and their clusters."""
    names = sorted({key.split()[1] for key in values if key.startswith("chance ")})
    scores: dict[tuple[str, str], float] = {}
    for a in names:
        for b in names:
            own, fresh = values.get(f"agrees {b} > {b}"), values[f"chance {b}"]
            got = values.get(f"agrees {a} > {b}")
            if own is None or got is None or own - fresh < LEARNED:
                continue
            scores[a, b] = (got - fresh) / (own - fresh)
    both = {(a, b): fmean([scores[a, b], scores.get((b, a), 0.0)]) for a, b in scores if a != b}
    groups = clusters(names, both, NEAR_TRANSFER)
    return names, scores, groups, effective_number(groups)


async def main() -> None:
    """Measure the parts that are named."""
    parts = {one.__name__: one for one in (transfer, learnability, difficulty, model, page)}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(parts))
    parser.add_argument("--quick", action="store_true", help="check the kept figures only")
    arguments = parser.parse_args()
    kept = Kept()
    if unknown := set(arguments.parts) - set(parts):
        parser.error(f"there is no part {', '.join(unknown)}")
    for part in arguments.parts:
        await parts[part](kept)
    names, scores, groups, effective = near(kept.values)
    columns = {b for _, b in scores}
    print(
        f"{len(names)} environments in the matrix, {len(columns)} of them learned from {SHOWN} "
        f"episodes; {len(groups)} clusters, effective number {effective:.1f}."
    )


if __name__ == "__main__":
    asyncio.run(main())
