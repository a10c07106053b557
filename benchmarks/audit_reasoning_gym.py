"""Audit every data set of the reasoning-gym library with its own scorer, and print what was found
as a table.

    python benchmarks/audit_reasoning_gym.py [--seeds 50] [--names basic_arithmetic ...]
        [--lines rows.jsonl] [--markdown docs/reasoning_gym.md]

Needs `pip install 'firsthand[worlds]'`. About twenty seconds a data set; one that takes too long is
audited again on fewer instances.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from firsthand.audit.accusation import shows
from firsthand.audit.report.certificate import load
from firsthand.audit.targets.reasoning_gym import names

SECONDS = 180
"""Wall time that one data set may take."""
FEWER = 5
"""A data set that takes longer is tried once more, on this part of the instances."""
ORDER = ("FAIL", "INCOMPLETE", "not audited", "PASS")
"""Verdicts in the order of the table."""

CHECKS = (
    "oracle",
    "determinism",
    "empty",
    "constants",
    "echo",
    "enumeration",
    "odd_values",
    "judges",
    "mutation",
    "invariance",
    "copy_rules",
    "instances",
)


def audited(name: str, seeds: int) -> dict:
    """Audit one data set in a process of its own, which may take `SECONDS`; every finding is
    replayed once more.
    """
    row = {
        "name": name,
        "verdict": "not audited",
        "n": 0,
        "seconds": float(SECONDS),
        "findings": [],
        "minor": 0,
        "note": "",
    }
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "certificate.json"
        command = [
            str(Path(sys.executable).with_name("firsthand")),
            "audit",
            f"reasoning-gym:{name}",
            "--seeds",
            str(seeds),
            "--only",
            ",".join(CHECKS),
            "--out",
            str(place),
        ]
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
                start_new_session=True,
            )
        except subprocess.TimeoutExpired:
            return row | {"note": f"{seeds} instances not done within {SECONDS} s"}
        if not place.exists():
            return row | {
                "note": (done.stderr.strip().splitlines() or ["no certificate"])[-1][:200]
            }
        certificate = load(place)
    findings = [finding for finding in certificate.findings if finding.severity != "minor"]
    return {
        "name": name,
        "verdict": certificate.verdict,
        "n": certificate.seeds.n,
        "seconds": certificate.seconds,
        "findings": [
            {
                "check": f.check,
                "claim": f.claim,
                "n": f.n,
                "mean": f.mean,
                "upper95": f.upper95,
                "replays": shows(certificate.spec, f.witness),
            }
            for f in findings
        ],
        "minor": len(certificate.findings) - len(findings),
        "note": "; ".join(
            f"{check.id}: {check.reason}"
            for check in certificate.checks
            if check.status == "NOT_RUN"
        ),
    }


def escaped(text: str) -> str:
    """Return a text that a table's cell shows as it is."""
    for letter in "\\`*_<|[":
        text = text.replace(letter, f"\\{letter}")
    return text.replace("\n", " ")


def markdown(rows: list[dict], seeds: int) -> str:
    """Return the table, failures first."""
    count = {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in ORDER}
    lines = [
        f"{len(rows)} data sets, {seeds} instances each unless the column n says "
        f"otherwise: {count['FAIL']} with findings, {count['PASS']} without, "
        f"{count['INCOMPLETE']} with checks that could not run and no finding, "
        f"{count['not audited']} not audited. {sum(len(row['findings']) for row in rows)} "
        "findings in all.",
        "",
        "| data set | verdict | n | findings (all replay unless said otherwise) | minor | s |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in sorted(rows, key=lambda row: (ORDER.index(row["verdict"]), row["name"])):
        found = [
            f"`{f['check']}`: {escaped(f['claim'])}{'' if f['replays'] else ' (did not replay)'}"
            for f in row["findings"]
        ]
        told = "<br>".join([*found, *([f"Not run: {escaped(row['note'])}"] if row["note"] else [])])
        lines.append(
            f"| `{row['name']}` | {row['verdict']} | {row['n']} | {told} | {row['minor']} "
            f"| {row['seconds']:.0f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Audit, print, and write the table where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--names", nargs="*")
    parser.add_argument("--markdown", type=Path)
    parser.add_argument(
        "--lines",
        type=Path,
        help=(
            "file of JSON lines that keeps every row as it comes, and from which a stopped run "
            "goes on"
        ),
    )
    options = parser.parse_args()
    rows = (
        [json.loads(line) for line in options.lines.read_text().splitlines()]
        if options.lines and options.lines.exists()
        else []
    )
    console = Console()
    for name in options.names or names():
        if any(row["name"] == name for row in rows):
            continue
        row = audited(name, options.seeds)
        if row["verdict"] == "not audited" and row["seconds"] >= SECONDS:
            row = audited(name, max(8, options.seeds // FEWER))
        rows.append(row)
        console.print(
            f"{name}: {row['verdict']} {[finding['claim'] for finding in row['findings']]}",
            highlight=False,
            markup=False,
        )
        if options.lines:
            with options.lines.open("a") as file:
                file.write(json.dumps(row) + "\n")
    table = Table("data set", "verdict", "n", "findings", "minor", "s")
    for row in rows:
        table.add_row(
            row["name"],
            row["verdict"],
            str(row["n"]),
            ", ".join(f["check"] for f in row["findings"]),
            str(row["minor"]),
            f"{row['seconds']:.0f}",
        )
    console.print(table)
    if options.markdown:
        text = options.markdown.read_text() if options.markdown.exists() else ""
        head = text.partition("<!-- table -->")[0]
        options.markdown.write_text(f"{head}<!-- table -->\n\n{markdown(rows, options.seeds)}")


if __name__ == "__main__":
    main()
