"""The pruned context: the original as it is now, without the items that are dropped.

The original itself is left alone: the pruned copy and the difference are written into the trial's
folder. Items are found by their words, so that what was edited meanwhile stays.
"""

import difflib
import shutil
from collections.abc import Set
from pathlib import Path
from typing import NamedTuple

from firsthand.errors import UserError
from firsthand.trial.context import Context, read
from firsthand.trial.trial import Trial

FOLDER = "pruned"


class Pruned(NamedTuple):
    """One context without what is dropped."""

    original: Path
    path: Path
    diff: str
    """A unified difference of a file; of a skills folder the skills that go, one a line."""
    dropped: int


def prune(trial: Trial, drop: Set[str]) -> list[Pruned]:
    """Write every context that loses something. Raises `UserError` when an original is gone."""
    found: list[Pruned] = []
    taken: set[str] = set()
    for source in trial.config.context:
        original = Path(source.source)
        if not original.exists():
            raise UserError(f"{original} is gone: the trial's copy is in {trial.folder}/context.")
        now = read(original, source.place, by=source.by, taken=taken)
        ids = {piece.item for piece in now.pieces if piece.item}
        taken |= ids
        if gone := ids & drop:
            target = trial.folder / FOLDER / source.place
            now.write(target, ids - drop)
            diff = _diff(now, ids - drop, source.place)
            found.append(Pruned(original, target, diff, len(gone)))
            (trial.folder / FOLDER / f"{Path(source.place).name}.diff").write_text(
                diff, encoding="utf-8", errors="surrogateescape", newline=""
            )
    return found


def clean(trial: Trial) -> None:
    """Remove what an earlier pruning wrote."""
    shutil.rmtree(trial.folder / FOLDER, ignore_errors=True)


def _diff(context: Context, kept: Set[str], place: str) -> str:
    if context.form == "skills":
        gone = [f"- {place}/{p.name}\n" for p in context.pieces if p.item not in kept]
        return "".join(gone)
    everything = {piece.item for piece in context.pieces if piece.item}
    before, after = (context.text(ids).splitlines(True) for ids in (everything, kept))
    lines = difflib.unified_diff(before, after, f"a/{place}", f"b/{place}")
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
