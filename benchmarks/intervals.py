"""How often the interval of a paired difference holds the true difference, and how wide it is.

    python benchmarks/intervals.py [--quick]

0/1 scores over many rates of changes for better and for worse; graded scores of several shapes.
"""

import argparse

import numpy as np
from rich.console import Console
from rich.table import Table

from firsthand.evaluate.statistics import paired_difference

SIZES = (10, 20, 50, 100, 200)
CHANGED = (0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95)
FOR_WORSE = (0.0, 0.1, 0.25, 0.5)


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


if __name__ == "__main__":
    main()
