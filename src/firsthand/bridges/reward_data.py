"""The rows that a reward function is audited on: JSON lines, JSON or parquet, named by columns.

A column may be a path into nested values (`reward_model.ground_truth`, as verl writes it). Of a
long file a sample is taken: an audit looks at 2,000 tasks at most.
"""

import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from firsthand.audit.budget import TASKS
from firsthand.errors import MissingExtra, UnknownName, UserError
from firsthand.task import digest

MOST = max(TASKS.values())
"""Rows that are kept: as many as the longest audit looks at."""
PROMPTS = ("prompt", "question", "problem", "query", "instruction", "input")
ANSWERS = (
    "answer",
    "solution",
    "ground_truth",
    "reward_model.ground_truth",
    "gold",
    "label",
    "target",
    "reference",
    "expected",
)
"""Names that columns usually have, in the order in which they are looked for."""
_READERS = (".jsonl", ".ndjson", ".json", ".parquet")
Row = dict[str, Any]


class Rows(NamedTuple):
    """The sampled rows of a file, and how many it has."""

    file: str
    rows: list[Row]
    total: int

    @property
    def columns(self) -> list[str]:
        """Columns of the first row, nested ones by their path."""
        return list(_paths(self.rows[0]))

    def column(self, name: str) -> str:
        """Return the name of a column that every row has. Raises `UnknownName`, `UserError`."""
        if name not in self.columns:
            known = self.columns
            raise UnknownName(
                f"column of {self.file}", name, known, hint=f"It has: {', '.join(known)}."
            )
        for number, row in enumerate(self.rows):
            try:
                value(row, name)
            except KeyError:
                raise UserError(
                    f"{self.file}: row {number + 1} of {len(self.rows)} has no {name!r}."
                ) from None
        return name

    def usual(self, wanted: str | None, names: Sequence[str]) -> str | None:
        """Return the column that was asked for, else the first of the usual names that is there."""
        if wanted is not None:
            return self.column(wanted)
        known = self.columns
        return next((self.column(name) for name in names if name in known), None)


def read(path: Path, *, most: int = MOST) -> Rows:
    """Read a data file.

    Raises `UserError` when it cannot be read or has no rows, `MissingExtra` for parquet without
    pyarrow.
    """
    if not path.is_file():
        raise UserError(f"There is no file {path}.")
    if path.suffix not in _READERS:
        raise UserError(f"{path.name}: a data file ends in {', '.join(_READERS)}.")
    rows, total = _parquet(path, most) if path.suffix == ".parquet" else _json(path, most)
    if not rows:
        raise UserError(f"{path.name} has no rows.")
    return Rows(path.name, rows, total)


def value(row: Mapping[str, Any], column: str) -> Any:
    """Return what a row has in a column. Raises `KeyError`."""
    if column in row:
        return row[column]
    found: Any = row
    for part in column.split("."):
        if not isinstance(found, Mapping):
            raise KeyError(column)
        found = cast("Mapping[str, Any]", found)[part]
    return found


def filled(template: str, row: Mapping[str, Any], columns: Sequence[str]) -> str:
    """Put a row's values in the places `{COLUMN}` of a template; other braces stay as they are."""
    names = "|".join(re.escape(name) for name in sorted(columns, key=len, reverse=True))
    return re.sub(rf"\{{({names})\}}", lambda found: text(value(row, found[1])), template)


def text(value: Any) -> str:
    """Return a value as a completion would write it: a text as it is, what is nested as JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)


def _paths(row: Mapping[str, Any], before: str = "") -> Sequence[str]:
    found: list[str] = []
    for name, inner in row.items():
        found.append(f"{before}{name}")
        if isinstance(inner, dict):
            found += _paths(cast("Row", inner), f"{before}{name}.")
    return found


def _sample(total: int, most: int) -> Callable[[int], bool]:
    if total <= most:
        return lambda _place: True
    chosen = frozenset(random.Random(digest("rows of a data file")).sample(range(total), most))
    return chosen.__contains__


def _json(path: Path, most: int) -> tuple[list[Row], int]:
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path.name} cannot be read: {error}.") from None
    if path.suffix == ".json":
        try:
            found = json.loads(content)
        except ValueError as error:
            raise UserError(f"{path.name} is not JSON: {error}.") from None
        if not isinstance(found, list):
            raise UserError(f"{path.name}: expected a list of objects, one a row.")
        items = cast("list[Any]", found)
        chosen = _sample(len(items), most)
        kept = [_row(path, place + 1, item) for place, item in enumerate(items) if chosen(place)]
        return kept, len(items)
    lines = [
        (place, line) for place, line in enumerate(content.split("\n"), start=1) if line.strip()
    ]
    chosen = _sample(len(lines), most)
    kept = [
        _parsed(path, place, line) for order, (place, line) in enumerate(lines) if chosen(order)
    ]
    return kept, len(lines)


def _parsed(path: Path, place: int, line: str) -> Row:
    try:
        return _row(path, place, json.loads(line))
    except ValueError as error:
        raise UserError(f"{path.name}, line {place} is not JSON: {error}.") from None


def _row(path: Path, place: int, item: Any) -> Row:
    if not isinstance(item, dict):
        raise UserError(f"{path.name}, row {place}: expected an object, got {str(item)[:60]!r}.")
    return cast("Row", item)


def _parquet(path: Path, most: int) -> tuple[list[Row], int]:
    try:
        import pyarrow.parquet as parquet  # pyright: ignore
    except ImportError:
        raise MissingExtra("pyarrow", extra="parquet") from None
    library: Any = parquet
    try:
        table: Any = library.read_table(path)
    except Exception as error:
        raise UserError(f"{path.name} is not parquet: {error}.") from None
    total = int(table.num_rows)
    chosen = _sample(total, most)
    rows: list[Row] = table.take([n for n in range(total) if chosen(n)]).to_pylist()
    return rows, total
