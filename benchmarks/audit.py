"""What the audit finds and costs: rates over the corpus, and seconds on native environments.

    python benchmarks/audit.py [--quick] [--corpus | --speed] [--write] [--only NAME ...]

The corpus lies in tests/audit/corpus, in sets: one author and one round each (index.toml). What
the audit says of each target is compared with tests/audit/snapshot.json; a changed verdict exits
with 1, and `--write` makes what is found now the snapshot. The set `fresh_2` was held aside: its
author had read nothing of the auditor, and it was measured once before repairs
were made against it.
"""

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from firsthand.audit.budget import Options
from firsthand.audit.naming import spec_of
from firsthand.audit.suite import run
from firsthand.evaluate.statistics import wilson
from firsthand.registry import environments

sys.path[0] = str(Path(__file__).parents[1] / "tests")  # where `audit` is the tests, not this file

from audit.corpus import snapshot  # noqa: E402
from audit.corpus.index import HERE, SETS, TARGETS, Target  # noqa: E402

HELD = tuple(name for name, facts in SETS.items() if facts["held_aside"])


def corpus(console: Console, *, only: list[str], write: bool) -> int:
    """Audit the corpus, print rates for each set and what differs from the snapshot.

    Returns 1 where a verdict changed or a target is not in the snapshot, else 0.
    """
    targets = [target for name, target in TARGETS.items() if not only or name in only]
    with ThreadPoolExecutor(2) as pool:
        done = pool.map(lambda target: snapshot.audited(target.path), targets)
        shown = Console(stderr=True)
        results = dict(
            zip(
                (target.name for target in targets),
                track(done, "auditing", total=len(targets), console=shown, transient=True),
                strict=True,
            )
        )
    records = {name: record for name, (record, _) in results.items()}
    console.print(rates(targets, results))
    for target in targets:
        record = records[target.name]
        if target.broken != (record["verdict"] == "FAIL"):
            word = "missed" if target.broken else record["verdict"]
            place = target.path.relative_to(HERE)
            console.print(f"{word}: {place} {', '.join(record['failed'])}", highlight=False)
    if write:
        kept = snapshot.read() if only else {}
        snapshot.write({**kept, **records})
        console.print(f"wrote {len(records)} targets to {snapshot.SNAPSHOT}", highlight=False)
        return 0
    return compared(console, records)


def compared(console: Console, records: dict[str, snapshot.Record]) -> int:
    """Print how the records differ from the snapshot; return 1 where a verdict does, else 0."""
    kept = snapshot.read()
    for name, record in records.items():
        for line in snapshot.differences(name, kept.get(name), record):
            console.print(line, highlight=False, markup=False)
    same = all(
        name in kept and kept[name]["verdict"] == record["verdict"]
        for name, record in records.items()
    )
    return 0 if same else 1


def rates(targets: list[Target], results: dict[str, tuple[snapshot.Record, float]]) -> Table:
    """Tabulate how many of the broken and of the sound targets of each set are accused."""
    table = Table("set", "targets", "n", "accused", "rate", "95% interval", "slowest s")
    groups = [(name, [target for target in targets if target.set == name]) for name in SETS]
    for name, group in [*groups, ("all", targets)]:
        for broken in (True, False):
            mine = [results[target.name] for target in group if target.broken is broken]
            if not mine:
                continue
            hits = sum(record["verdict"] == "FAIL" for record, _ in mine)
            bounds = wilson(hits, len(mine))
            table.add_row(
                f"{name} (held aside)" if name in HELD else name,
                "broken" if broken else "sound",
                str(len(mine)),
                str(hits),
                f"{hits / len(mine):.2f}",
                f"{bounds.low:.2f} – {bounds.high:.2f}",
                f"{max(seconds for _, seconds in mine):.1f}",
            )
    return table


def speed(console: Console, *, quick: bool) -> None:
    """Print the seconds that an audit of each native environment takes."""
    table = Table("environment", "verdict", "seconds at 700 seeds", "plays", "seconds at quick")
    for name in environments():
        slow = None if quick else run(spec_of(name))
        fast = run(spec_of(name), Options(budget="quick"))
        shown = (
            ("-", "-")
            if slow is None
            else (f"{slow.seconds:.1f}", str(sum(check.plays for check in slow.checks)))
        )
        table.add_row(name, (slow or fast).verdict, *shown, f"{fast.seconds:.1f}")
    console.print(table)


def main() -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only the quick budget, no corpus")
    parser.add_argument("--corpus", action="store_true", help="only the corpus")
    parser.add_argument("--speed", action="store_true", help="only the seconds")
    parser.add_argument("--write", action="store_true", help="write the snapshot")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these targets only")
    options = parser.parse_args()
    unknown = sorted(set(options.only) - set(TARGETS))
    if unknown:
        parser.error(f"no such target: {', '.join(unknown)}; index.toml has their names")
    console = Console()
    if not (options.corpus or options.write or options.only):
        speed(console, quick=options.quick)
    if options.quick or options.speed:
        return 0
    return corpus(console, only=options.only, write=options.write)


if __name__ == "__main__":
    sys.exit(main())
