"""Sleep on several worlds: how much of a playbook's gain stays in the weights without it.

    python benchmarks/sleep.py [--quick] [--worlds 0,1,2,3,4] [--runs runs/sleep]

Each world of interfaces/shop_desk is learned and slept on with SmolLM2 by `firsthand learn` and
`firsthand sleep`, in the folder RUNS/wN; what is finished there is only read. Prints one line a
world and what it took in CPU seconds. Exits with 1 when fewer than 4 of 5 worlds keep 90% of the
gain. `--quick`: world 0 only.
"""

import argparse
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from firsthand.evaluate.wording import interval, number
from firsthand.learn.sleep.nights import RESULT
from firsthand.learn.sleep.slept import Slept, score

ENVIRONMENT = "interfaces/shop_desk"
KEPT, SHARE = 0.9, 0.8
"""Of the gain, and of the worlds."""


def slept(world: int, run: Path) -> Slept:
    """Learn and sleep on a world, or read what came of it."""
    night = run / "sleep" / "0001" / RESULT
    if not night.is_file():
        verb = [str(Path(sys.executable).with_name("firsthand"))]
        if not (run / "result.json").is_file():
            again = ["--resume"] if (run / "config.json").is_file() else []
            learn = ["learn", ENVIRONMENT, "--world", str(world), "--out", str(run), *again]
            subprocess.run([*verb, *learn], check=True)
        subprocess.run([*verb, "sleep", str(run), "--resume"], check=True)
    return msgspec.json.decode(night.read_bytes(), type=Slept)


def row(world: int, found: Slept) -> list[str]:
    """Return the cells of one world."""
    fates = [len(found.ledger.of(fate)) for fate in ("retired", "kept")]
    saved, kept = found.tokens_saved, found.kept_share
    retained = [
        f"{one.place} {number(one.difference.mean, signed=True)} "
        f"{interval(one.difference.interval, signed=True)}"
        for one in found.retained
    ]
    return [
        str(world),
        *(score(side) for side in (found.bare, found.playbook, found.asleep, found.deployed)),
        "" if kept is None else f"{kept:.0%}",
        f"{saved.mean:.1f} [{saved.low:.1f}, {saved.high:.1f}]",
        " / ".join(map(str, fates)),
        "\n".join(retained),
    ]


COLUMNS = (
    "world",
    "bare",
    "with the playbook",
    "asleep, without it",
    "as deployed",
    "gain kept",
    "tokens saved",
    "retired / kept",
    "retention",
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Sleep on every world and show what stays."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--worlds", default="0,1,2,3,4")
    parser.add_argument("--runs", type=Path, default=Path("runs/sleep"))
    options = parser.parse_args(arguments)
    worlds = [0] if options.quick else [int(world) for world in options.worlds.split(",")]
    table = Table(*COLUMNS, box=None)
    keeping = 0
    for world in worlds:
        found = slept(world, options.runs / f"w{world}")
        keeping += found.kept_share is not None and found.kept_share >= KEPT
        table.add_row(*row(world, found))
    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False)
    console.print(table, markup=False)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    console.print(
        f"{keeping} of {len(worlds)} worlds keep at least {KEPT:.0%} of the playbook's gain; "
        f"{used.ru_utime + used.ru_stime:.0f} CPU s"
    )
    if keeping < SHARE * len(worlds):
        sys.exit(1)


if __name__ == "__main__":
    main()
