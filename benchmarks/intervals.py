"""How often the interval of a paired difference holds the true difference, and how wide it is.

    python benchmarks/intervals.py [--quick]

0/1 scores over many rates of changes for better and for worse; graded scores of several shapes.
Then the interval of `firsthand compare`, over learner seeds x tasks: 100 tasks, seeds that learn
equally well, a little differently (sd .05), and differently (sd .15), or fail one time in four.
"""

import argparse

import numpy as np
from rich.console import Console
from rich.table import Table

from firsthand.evaluate.statistics import bootstrap_by_seed_and_task, paired_difference

SIZES = (10, 20, 50, 100, 200)
CHANGED = (0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95)
FOR_WORSE = (0.0, 0.1, 0.25, 0.5)
SEEDS = (1, 2, 3, 5, 10)
TASKS = 100


def binary(rng, n, plays):
    """Yield before, after and the true difference: 0/1 scores."""
    for changed in CHANGED:
        for share in FOR_WORSE:
            better, worse = changed * (1 - share), changed * share
            draws = rng.random((plays, n))
            up, down = draws < better, (draws >= better) & (draws < better + worse)
            yield np.where(down, 1.0, 0.0), np.where(up, 1.0, 0.0), better - worse


def graded(rng, n, plays):
    """Yield before, after and the true difference: scores between 0 and 1."""
    middle = np.full((plays, n), 0.5)
    yield middle, np.clip(middle + rng.normal(0.02, 0.05, (plays, n)), 0, 1), 0.02
    yield middle, middle + rng.uniform(-0.3, 0.5, (plays, n)), 0.1
    low = np.full((plays, n), 0.1)
    yield low, np.where(rng.random((plays, n)) < 0.05, 0.9, low), 0.04
    yield np.zeros((plays, n)), rng.beta(0.3, 3.0, (plays, n)), 0.3 / 3.3


def skills(rng, kind, seeds):
    """Return how much each learner seed gains, in share of the failed tasks, and the true mean."""
    if kind == "some fail":
        return np.where(rng.random(seeds) < 0.25, 0.0, 0.6), 0.45
    sd = {"equal": 0.0, "sd .05": 0.05, "sd .15": 0.15}[kind]
    return np.clip(0.5 + sd * rng.standard_normal(seeds), 0.0, 1.0), 0.5


def by_seed_and_task(rng, plays):
    """Yield kind, seeds, coverage and width of the interval of a gain over seeds x tasks."""
    for kind in ("equal", "sd .05", "sd .15", "some fail"):
        for seeds in SEEDS:
            held, width = [], []
            for _ in range(plays):
                before = rng.random(TASKS) < 0.3
                hard = rng.random(TASKS)  # the same task is hard for every seed
                skill, mean = skills(rng, kind, seeds)
                after = before | (hard[None] < skill[:, None])
                gains = after.astype(float) - before
                found = bootstrap_by_seed_and_task(gains.tolist(), signed=True, resamples=500)
                held.append(found.interval.low <= 0.7 * mean <= found.interval.high)
                width.append(found.interval.high - found.interval.low)
            yield kind, seeds, np.mean(held), np.mean(width)


def main() -> None:
    """Print least and mean coverage, and the mean width, for each n."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer simulated comparisons")
    plays = 300 if parser.parse_args().quick else 4000
    rng = np.random.default_rng(0)
    table = Table("scores", "n", "least coverage", "mean coverage", "mean width")
    for name, kinds in (("0 or 1", binary), ("graded", graded)):
        for n in SIZES:
            held, width = [], []
            for before, after, truth in kinds(rng, n, plays):
                found = [
                    paired_difference(one, two).interval
                    for one, two in zip(before, after, strict=True)
                ]
                held.append(np.mean([i.low <= truth <= i.high for i in found]))
                width.append(np.mean([i.high - i.low for i in found]))
            cells = (f"{min(held):.3f}", f"{np.mean(held):.3f}", f"{np.mean(width):.3f}")
            table.add_row(name, str(n), *cells)
    Console().print(table)
    crossed = Table("seeds gain", "seeds", "coverage", "mean width")
    for kind, seeds, held, width in by_seed_and_task(rng, plays // 4):
        crossed.add_row(kind, str(seeds), f"{held:.3f}", f"{width:.3f}")
    Console().print(crossed)


if __name__ == "__main__":
    main()
