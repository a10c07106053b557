"""The rewards that a project wants audited, listed in its pyproject.toml.

    [[tool.firsthand.audit]]
    target = "rewards.py:accuracy_reward"
    data = "train.jsonl"
    oracle = "#### {answer}"

Keys are the options of `firsthand audit`. What has no `data` is a target by its name.
"""

import tomllib
from pathlib import Path
from typing import Any, cast

import msgspec

from firsthand.bridges.rewards import Wanted, is_reward
from firsthand.errors import UnknownName, UserError

FILE = Path("pyproject.toml")
KEYS = {field.name for field in msgspec.structs.fields(Wanted)} - {"source"}


def listed(file: Path = FILE) -> list[Wanted | str]:
    """Return what a project lists, in order: rewards with their data, and names of targets.

    Empty where there is no such file or table. Raises `UserError`, `UnknownName`.
    """
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{file} is not TOML: {error}.") from None
    found: Any = content.get("tool", {}).get("firsthand", {}).get("audit", [])
    if not isinstance(found, list):
        raise UserError(f"{file}: write [[tool.firsthand.audit]], with two brackets: it is a list.")
    return [_entry(file, entry) for entry in cast("list[dict[str, Any]]", found)]


def _entry(file: Path, entry: dict[str, Any]) -> Wanted | str:
    target = entry.get("target")
    if not isinstance(target, str):
        raise UserError(f"{file}: an entry of tool.firsthand.audit has no target.")
    for key in entry:
        if key not in KEYS | {"target"}:
            raise UnknownName(f"key of tool.firsthand.audit in {file}", key, KEYS | {"target"})
    if "data" not in entry:
        return target
    if not is_reward(target):
        raise UserError(f"{file}: {target!r} has data, and is no FILE.py:FUNCTION.")
    given = {key: value for key, value in entry.items() if key != "target"}
    try:
        return msgspec.convert({**given, "source": target}, Wanted, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise UserError(f"{file}, {target}: {error}.") from None


def _path(_kind: type, given: Any) -> Path:
    if not isinstance(given, str):
        raise ValueError(f"Expected a path as text, got {given!r}")
    return Path(given)
