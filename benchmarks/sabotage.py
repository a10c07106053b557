"""Which checks catch which sabotage in which environment: the whole battery against every flaw.

python benchmarks/sabotage.py [BUDGET] [--environment NAME] [--sabotage NAME]

BUDGET is quick (the default) or standard. Exits with 1 when the audit passes a sabotaged
environment.
"""

import argparse
import sys
import time

from firsthand.audit.budget import Options
from firsthand.audit.sabotage import sabotage, sabotages
from firsthand.audit.suite import run
from firsthand.audit.targets.protocol import Spec
from firsthand.errors import UserError
from firsthand.registry import environments


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("budget", nargs="?", default="quick", choices=("quick", "standard"))
    parser.add_argument("--environment", action="append", default=[])
    parser.add_argument("--sabotage", action="append", default=[])
    given = parser.parse_args()
    applied = caught = 0
    started = time.perf_counter()
    for name in given.environment or environments():
        print(f"\n{name}", flush=True)
        for flaw in given.sabotage or sabotages():
            try:
                sabotage(name, flaw)
            except UserError:
                print(f"  {flaw:24} does not apply", flush=True)
                continue
            found = run(Spec("native", name, sabotage=flaw), Options(budget=given.budget))
            failed = [check.id for check in found.checks if check.status == "FAIL"]
            applied, caught = applied + 1, caught + bool(failed)
            print(
                (
                    f"  {flaw:24} {', '.join(failed) or f'NOT CAUGHT ({found.verdict})'}  "
                    f"[{found.seconds:.1f} s]"
                ),
                flush=True,
            )
    print(
        f"\n{caught} of {applied} caught, budget {given.budget}, "
        f"{time.perf_counter() - started:.0f} s"
    )
    return 0 if caught == applied else 1


if __name__ == "__main__":
    sys.exit(main())
