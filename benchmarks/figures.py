"""The figures that the README claims: kept in figures.json, written by the benchmarks that measure
them.

    python benchmarks/figures.py     # write them into the README's table

A benchmark that ran in full calls `record`. A test compares the README with the file.
"""

import json
import re
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("figures.json")
README = Path(__file__).parents[1] / "README.md"
HEAD = "| claim | figure | command |\n| --- | --- | --- |\n"


def claims() -> dict[str, dict[str, str]]:
    """Return claim, figure and command by name."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def record(name: str, figure: str) -> None:
    """Keep a figure that was just measured."""
    known = claims()
    known[name]["figure"] = figure
    FILE.write_text(json.dumps(known, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def table() -> str:
    """Return the table of the README."""
    rows = [
        f"| {one['claim']} | {one['figure']} | `{one['command']}` |" for one in claims().values()
    ]
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    text = README.read_text(encoding="utf-8")
    README.write_text(re.sub(re.escape(HEAD) + r"(\|.*\n)*", lambda _old: table(), text), "utf-8")
