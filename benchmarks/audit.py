"""What the audit finds and what it costs: recall and false accusations over the corpus, and seconds on native environments.

    python benchmarks/audit.py [--quick] [--corpus | --speed]

The corpus lies in tests/audit/corpus. The set `HELD` came last: no detector knew it in its first run, whose misses were repaired afterwards.
"""

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from firsthand.audit.budget import Options
from firsthand.audit.suite import run
from firsthand.audit.targets.naming import spec_of
from firsthand.errors import FirsthandError
from firsthand.evaluate.statistics import wilson
from firsthand.registry import environments

HELD = ("fresh_text",)
CORPUS = Path(__file__).parent.parent / "tests" / "audit" / "corpus"


def judged(path: Path) -> tuple[Path, str, float, list[str]]:
    """Audit one file: verdict, seconds, and the failed checks."""
    started = time.perf_counter()
    try:
        certificate = run(spec_of(str(path)), Options(workers=1))
    except FirsthandError as error:
        return path, "FAIL", time.perf_counter() - started, [f"load: {error}"]
    return (
        path,
        certificate.verdict,
        certificate.seconds,
        [check.id for check in certificate.checks if check.status in ("FAIL", "NOT_RUN")],
    )


def corpus(console: Console) -> None:
    """Print recall on broken targets and false accusations of sound ones, written-with and aside apart."""
    paths = sorted(path for path in CORPUS.glob("*/*/*.py"))
    with ThreadPoolExecutor(2) as pool:
        results = list(
            track(
                pool.map(judged, paths),
                "auditing",
                total=len(paths),
                console=Console(stderr=True),
                transient=True,
            )
        )
    table = Table("corpus", "targets", "n", "accused", "rate", "95% interval", "slowest s")
    for name, held in (("detectors were written against", False), ("the last set", True)):
        for kind in ("broken", "sound"):
            mine = [
                result
                for result in results
                if result[0].parent.name == kind and (result[0].parent.parent.name in HELD) == held
            ]
            if mine:
                hits = sum(verdict == "FAIL" for _, verdict, _, _ in mine)
                bounds = wilson(hits, len(mine))
                table.add_row(
                    name,
                    kind,
                    str(len(mine)),
                    str(hits),
                    f"{hits / len(mine):.2f}",
                    f"{bounds.low:.2f} – {bounds.high:.2f}",
                    f"{max(r[2] for r in mine):.1f}",
                )
    console.print(table)
    for path, verdict, _, checks in results:
        if (path.parent.name == "broken") != (verdict == "FAIL"):
            console.print(
                f"{'missed' if path.parent.name == 'broken' else verdict}: {path.relative_to(CORPUS)} {', '.join(checks)}",
                highlight=False,
            )


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


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only the quick budget, no corpus")
    parser.add_argument("--corpus", action="store_true", help="only the corpus")
    parser.add_argument("--speed", action="store_true", help="only the seconds")
    options = parser.parse_args()
    console = Console()
    if not options.corpus:
        speed(console, quick=options.quick)
    if not (options.quick or options.speed):
        corpus(console)


if __name__ == "__main__":
    main()
