"""Audit public reward functions, written again from their description, and print a table.

    python benchmarks/audit_rewards.py [--names math_boxed ...] [--lines rows.jsonl]
        [--markdown docs/rewards.md] [--quick]

Each file of benchmarks/rewards/ has one function in the shape in which its trainer calls it, and
`rows()`, the data. It is audited as `firsthand audit FILE.py:FUNCTION --data ROWS` does, and every
witness is run once more. `repaired_` files are controls: they have to pass. About ten seconds a
function on an idle core; unit tests, which start processes, take minutes.
"""

import argparse
import importlib.util
import json
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

from rich.console import Console

from firsthand.audit.accusation import shows
from firsthand.audit.budget import Options
from firsthand.audit.finding import Finding
from firsthand.audit.suite import run
from firsthand.bridges.rewards import Wanted, importable, prepare
from firsthand.printable import inline

FOLDER = Path(__file__).with_name("rewards")
DATA = ("sums", "letters", "facts")
"""Files that hold data for the others."""
QUICK = ("any_number", "repaired_number")
CONTROL = "repaired_"


def loaded(name: str) -> ModuleType:
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def function_of(module: ModuleType) -> str:
    """Return the name of the function that is the reward: it is the first that the file defines."""
    endings = ("_reward", "compute_score")
    return next(name for name in vars(module) if name.endswith(endings))


def audited(name: str) -> dict[str, Any]:
    module = loaded(name)
    rows = module.rows()
    function = function_of(module)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / f"{name}.jsonl"
        data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        wanted = Wanted(f"{FOLDER / name}.py:{function}", data, **module.OPTIONS)
        reward = prepare(wanted, Path(folder) / f"{name}.target.py")
        with importable(reward.file):
            certificate = run(reward.spec, Options())
            found = [
                told(finding, shows(reward.spec, finding.witness))
                for finding in certificate.findings
                if finding.severity != "minor"
            ]
    words = (module.__doc__ or "").split("\n\n")[0]
    return {
        "name": name,
        "shape": module.SHAPE,
        "what": " ".join(words.split()),
        "verdict": certificate.verdict,
        "n": certificate.seeds.n,
        "plays": sum(check.plays for check in certificate.checks),
        "seconds": certificate.seconds,
        "findings": found,
        "minor": len(certificate.findings) - len(found),
    }


def told(finding: Finding, replays: bool) -> dict[str, Any]:
    last = finding.witness.plays[-1] if finding.witness.plays else None
    return {
        "check": finding.check,
        "severity": finding.severity,
        "claim": finding.claim,
        "mean": finding.mean,
        "hits": finding.hits,
        "n": finding.n,
        "witness": last.actions[0] if last is not None and last.actions else "",
        "replays": replays,
    }


def cell(text: str, most: int) -> str:
    """Return a text for a cell of a table, cut."""
    text = inline(text)
    text = text if len(text) <= most else text[: most - 1] + "…"
    for letter in "\\`*_<|[#":
        text = text.replace(letter, f"\\{letter}")
    return text


def worst(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one finding a check, the worst first."""
    ordered = sorted(row["findings"], key=lambda found: (found["severity"], -found["mean"]))
    return list({found["check"]: found for found in reversed(ordered)}.values())[::-1]


def markdown(rows: list[dict[str, Any]]) -> str:
    public = [row for row in rows if not row["name"].startswith(CONTROL)]
    controls = [row for row in rows if row["name"].startswith(CONTROL)]
    failed = sum(row["verdict"] == "FAIL" for row in public)
    replayed = [found["replays"] for row in rows for found in row["findings"]]
    lines = [
        f"Of {len(public)} reward functions {failed} fail, with {len(replayed)} findings that are "
        f"critical or major; {sum(replayed)} of their {len(replayed)} witnesses showed again when "
        f"they were run once more. Of {len(controls)} repaired controls "
        f"{sum(row['verdict'] == 'PASS' for row in controls)} pass.",
        "",
        "| function | verdict | rows | what was found, the worst of each check | a witness |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in sorted(rows, key=lambda row: (row["name"].startswith(CONTROL), row["name"])):
        found = worst(row)
        said = "<br>".join(f"`{one['check']}`: {cell(one['claim'], 170)}" for one in found[:4])
        more = f"<br>and {len(found) - 4} more" if len(found) > 4 else ""
        witness = cell(repr(found[0]["witness"]), 90) if found else ""
        lines.append(
            f"| `{row['name']}` ({row['shape']}): {cell(row['what'], 200)} | {row['verdict']} "
            f"| {row['n']} | {said}{more} | {witness} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", nargs="*")
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--lines", type=Path, help="keeps every row; a stopped run goes on")
    parser.add_argument("--quick", action="store_true", help="one that fails and one control")
    options = parser.parse_args()
    known = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in DATA)
    kept = options.lines is not None and options.lines.exists()
    rows = [json.loads(line) for line in options.lines.read_text().splitlines()] if kept else []
    console = Console(highlight=False, markup=False)
    for name in options.names or (QUICK if options.quick else known):
        if any(row["name"] == name for row in rows):
            continue
        row = audited(name)
        rows.append(row)
        checks = ", ".join(f"{one['check']} {one['mean']:.2f}" for one in worst(row))
        console.print(f"{name}: {row['verdict']} in {row['seconds']:.0f} s  {checks}")
        if options.lines:
            with options.lines.open("a") as file:
                file.write(json.dumps(row) + "\n")
    if options.markdown:
        head = options.markdown.read_text(encoding="utf-8").partition("<!-- table -->")[0]
        options.markdown.write_text(f"{head}<!-- table -->\n\n{markdown(rows)}", encoding="utf-8")
    wrong = [
        row["name"] for row in rows if row["name"].startswith(CONTROL) and row["verdict"] != "PASS"
    ]
    if wrong:
        raise SystemExit(f"controls that did not pass: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
