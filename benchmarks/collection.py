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
from pathlib import Path
from statistics import fmean

os.environ.setdefault("OMP_NUM_THREADS", "1")

import msgspec

import firsthand as fh
from firsthand.catalogue.ceiling import curve
from firsthand.catalogue.diversity import NEAR_TRANSFER, clusters, effective_number
from firsthand.catalogue.reference import Copycat, Linear, demonstrated, scored, shuffled
from firsthand.environment import Environment
from firsthand.registry import environments, lookup
from firsthand.rollout.play import Limits
from firsthand.sandbox import needs

FILE = Path(__file__).with_name("collection.json")
PAGE = Path(__file__).parents[1] / "docs" / "collection.md"
PICTURE = PAGE.with_name("transfer.svg")
SHOWN, HELD_OUT = 60, 30
"""Expert episodes that are imitated for the transfer matrix, and tasks of each of its cells."""
POINTS = (0, 30, 100)
"""Expert episodes of the learning curves."""
SEEDS = 3
PLAYS = 40
"""Tasks of a level and policy."""
MODEL_PLAYS = 10
MASTERED = 0.4
"""A column counts where its own learner beats an untrained one by this much: with 30 tasks less is
noise, and two families whose noise is alike would count as one."""


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
    shown = await demonstrated(fh.tasks(name, n, world=world)) if n else []
    episodes = shuffled(shown, seed=world) if control else shown
    learner = kind()
    learner.fit([decision for made in episodes for decision in made], seed=world)
    return learner


async def transfer(kept: Kept) -> None:
    """Learn on A, test on B, without hints and at level 1, world 0."""
    names = choosing()
    for a in names:
        missing = [b for b in names if f"transfer {a} > {b}" not in kept.values]
        if not missing and f"untrained {a}" in kept.values:
            continue
        learner = await fitted(a, SHOWN)
        for b in missing:
            held_out = fh.tasks(b, HELD_OUT, split="eval")
            await kept.get(f"transfer {a} > {b}", lambda: mean(learner, held_out))  # noqa: B023
        held_out = fh.tasks(a, HELD_OUT, split="eval")
        await kept.get(f"untrained {a}", lambda: mean(Linear(), held_out))  # noqa: B023


async def mean(learner, tasks) -> float:
    return fmean(await scored(learner, tasks))


async def learnability(kept: Kept) -> None:
    """Reference learners' curves in three worlds, beside shuffled outcomes and the ceiling."""
    for name in [name for name in choosing() if lookup(name).laws]:
        for world in range(SEEDS):
            held_out = fh.tasks(name, HELD_OUT, split="eval", world=world)
            for n in POINTS:

                async def one(kind, control=False, n=n, world=world, name=name, tasks=held_out):
                    return await mean(
                        await fitted(name, n, world, kind=kind, control=control), tasks
                    )

                async def ideal(n=n, world=world, name=name):
                    return (await curve(name, world=world, episodes=(n,), held_out=HELD_OUT))[0]

                base = f"{name} w{world} n{n}"
                await kept.get(f"linear {base}", lambda: one(Linear))
                await kept.get(f"copycat {base}", lambda: one(Copycat))
                await kept.get(f"ceiling {base}", ideal)
            await kept.get(f"shuffled {base}", lambda: one(Linear, control=True))


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
    names = sorted({key.split()[1] for key in values if key.startswith("untrained ")})
    scores: dict[tuple[str, str], float] = {}
    for a in names:
        for b in names:
            own, fresh = values.get(f"transfer {b} > {b}"), values[f"untrained {b}"]
            got = values.get(f"transfer {a} > {b}")
            if own is None or got is None or own - fresh < MASTERED:
                continue
            scores[a, b] = (got - fresh) / (own - fresh)
    both = {(a, b): value for (a, b), value in scores.items() if a != b}
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
        f"{len(names)} environments in the matrix, {len(columns)} of them mastered by {SHOWN} "
        f"episodes; {len(groups)} clusters, effective number {effective:.1f}."
    )


if __name__ == "__main__":
    asyncio.run(main())
