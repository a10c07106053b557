"""What training writes down: one line an optimizer step, in `training.jsonl` of a run's folder."""

from pathlib import Path

import msgspec

LINES = "training.jsonl"


def trained_tokens(folder: Path) -> int:
    """Return the tokens of all rows that were trained on, once a pass; 0 without training."""
    path = folder / LINES
    lines = path.read_bytes().splitlines() if path.exists() else []
    return sum(msgspec.json.decode(line)["tokens"] for line in lines)
