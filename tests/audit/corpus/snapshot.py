"""What the audit says of each target, kept in snapshot.json, so that no change of it goes
unseen."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from firsthand.audit.budget import Options
from firsthand.audit.naming import spec_of
from firsthand.audit.suite import run
from firsthand.errors import FirsthandError

SNAPSHOT = Path(__file__).parents[1] / "snapshot.json"
WRITE = "python benchmarks/audit.py --corpus --write"
Record = dict[str, Any]
"""`verdict`, `failed` (ids of checks that failed or could not run), and `findings`, each as check,
class, severity and what the witness shows."""


def audited(path: Path) -> tuple[Record, float]:
    """Audit one file in one worker; return what the snapshot keeps, and seconds."""
    try:
        certificate = run(spec_of(str(path)), Options(workers=1))
    except FirsthandError as error:
        return {"verdict": "FAIL", "failed": [f"load: {error}"], "findings": []}, 0.0
    failed = [check.id for check in certificate.checks if check.status in ("FAIL", "NOT_RUN")]
    findings = {
        (found.check, found.class_, found.severity, found.witness.shows)
        for found in certificate.findings
    }
    record = {
        "verdict": certificate.verdict,
        "failed": sorted(failed),
        "findings": [list(found) for found in sorted(findings)],
    }
    return record, certificate.seconds


def read(path: Path = SNAPSHOT) -> dict[str, Record]:
    """Return the records by name of the target; none where there is no file yet."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def write(records: Mapping[str, Record], path: Path = SNAPSHOT) -> None:
    """Write the records, one target a line, so that versions can be compared."""
    lines = [f" {json.dumps(name)}: {json.dumps(records[name])}" for name in sorted(records)]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def differences(name: str, kept: Record | None, now: Record) -> list[str]:
    """Say in one line each how a target differs from its record; empty where it does not."""
    if kept is None:
        return [f"{name}: is not in {SNAPSHOT.name}; run {WRITE}"]
    lines = []
    if kept["verdict"] != now["verdict"]:
        lines.append(f"{name}: verdict was {kept['verdict']}, now {now['verdict']}")
    for what in ("failed", "findings"):
        before, after = ([_text(item) for item in record[what]] for record in (kept, now))
        gone = [item for item in before if item not in after]
        new = [item for item in after if item not in before]
        word = "checks that fail" if what == "failed" else what
        lines += [f"{name}: {word}: no longer {item}" for item in gone]
        lines += [f"{name}: {word}: new: {item}" for item in new]
    return lines


def _text(item: str | list[str]) -> str:
    return item if isinstance(item, str) else " / ".join(item)
