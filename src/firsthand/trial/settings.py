"""`trial.toml` and `tasks.toml`: what a trial does, in files that people edit."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec
import tomli_w

from firsthand.errors import UserError, nearest
from firsthand.playbook import replace_file
from firsthand.trial.context import Item
from firsthand.trial.pieces import By

SETTINGS, TASKS = "trial.toml", "tasks.toml"
WORDS_SHOWN = 70
"""Characters of an item that `trial.toml` repeats, so that a reader knows which it is."""

T = TypeVar("T")


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file or skills folder on trial."""

    source: str
    """The original; the trial works on a copy of it, and `report --write` prunes it."""
    place: str
    """Where it stands in the workspace."""
    by: By = "item"


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One item; `keep = true` takes it off trial: it is then always shown."""

    id: str
    keep: bool = False
    says: str = ""
    """How it begins, for the reader."""


class TrialConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a trial does. Raises `UserError` for values that make no trial."""

    agent: str = ""
    """The agent's command."""
    check: str = ""
    """The command whose exit code, or whose last number, is the outcome."""
    outcome: Literal["exit", "number"] = "exit"
    workspace: str = "."
    """The folder of which every run gets a fresh copy."""
    agent_seconds: float = 900.0
    check_seconds: float = 300.0
    probability: float = 0.5
    """With which each item is shown, independently."""
    ends: float = 0.1
    """Share of the runs that show everything, and of those that show nothing."""
    seed: int = 0
    worth: float = 0.0
    """An item that is shown to add less than this is dropped; 0 drops what is shown to harm."""
    placebos: int = 0
    context: tuple[Source, ...] = ()
    item: tuple[Entry, ...] = ()

    def __post_init__(self) -> None:
        if not 0.05 <= self.probability <= 0.95:
            raise UserError(f"probability lies between .05 and .95, got {self.probability:g}.")
        if not 0.0 <= self.ends <= 0.4:
            raise UserError(f"ends lies between 0 and .4, got {self.ends:g}.")
        for name in ("agent_seconds", "check_seconds"):
            if not getattr(self, name) > 0:
                raise UserError(f"{name} must be more than 0, got {getattr(self, name):g}.")


class Task(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing to do; what is empty is taken from the trial."""

    id: str
    prompt: str = ""
    workspace: str = ""
    check: str = ""
    agent: str = ""


class _Tasks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    task: tuple[Task, ...]


def read_config(folder: Path) -> TrialConfig:
    """Read `trial.toml`. Raises `UserError`."""
    path = folder / SETTINGS
    if not path.is_file():
        raise UserError(
            f"{folder} holds no trial: `firsthand trial init --context AGENTS.md --out {folder}` "
            "makes one."
        )
    return _decoded(path, TrialConfig)


def read_tasks(path: Path) -> tuple[Task, ...]:
    """Read the tasks of a trial. Raises `UserError`."""
    if not path.is_file():
        raise UserError(
            f"There are no tasks at {path}: write a file with a [[task]] for each, with `id` and "
            "`prompt`."
        )
    found = _decoded(path, _Tasks).task
    ids = [task.id for task in found]
    if not ids:
        raise UserError(f"{path} names no task.")
    if twice := next((id for id in ids if ids.count(id) > 1), None):
        raise UserError(f"{path} has two tasks with the id {twice!r}: ids tell tasks apart.")
    return found


def _decoded(path: Path, type: type[T]) -> T:
    try:
        return msgspec.toml.decode(path.read_bytes(), type=type)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    except (msgspec.MsgspecError, ValueError, OSError) as error:
        raise UserError(f"{path} cannot be read: {error}{_guess(str(error))}") from None


def _guess(said: str) -> str:
    """Name the known key that is nearest to an unknown one."""
    unknown = re.search(r"unknown field `(\w+)`", said)
    owners = (TrialConfig, Source, Entry, Task)
    known = {name for owner in owners for name in owner.__struct_fields__}
    found = nearest(unknown[1], known) if unknown else None
    return f". Did you mean `{found}`?" if found else ""


HEAD = """\
# A trial of every line of a context: which ones help, which ones harm.
#
# `agent` and `check` are run by /bin/sh in a fresh copy of `workspace`, in which the context has
# been written with a random part of its items. In both commands
#   {prompt}       is the task's text, quoted for the shell
#   {prompt_file}  is a file with the task's text
#   {context}      is the (first) context with the items of this run
#   {workspace}    is the copy
#   {task} {run}   name the task and the run
# The same are in the environment as FIRSTHAND_PROMPT, FIRSTHAND_PROMPT_FILE and so on. An agent
# that counts its tokens may write their number into the file FIRSTHAND_TOKENS_FILE.
# `outcome`: "exit" is 1 where the check leaves with 0, else 0; "number" is the last number that it
# prints, more being better.
"""

ITEMS = """
# The items, in order. `keep = true` takes one off trial: it is then always shown.
"""

EXAMPLE_TASKS = """\
# What the agent is asked to do, again and again. A task may have its own workspace, check or agent.
#
# [[task]]
# id = "json-flag"
# prompt = "Add a --json flag to the export command."
# check = "python -m pytest -q tests/test_json_flag.py"
"""


def write_config(folder: Path, config: TrialConfig, items: Sequence[Item]) -> Path:
    """Write `trial.toml` with what an editor needs to know, and return its path."""
    plain: dict[str, Any] = msgspec.to_builtins(config)
    contexts, _ = plain.pop("context"), plain.pop("item")
    entries = [{"id": item.id, "keep": item.keep, "says": beginning(item.text)} for item in items]
    tables = [("context", one) for one in contexts]
    parts = [HEAD, tomli_w.dumps(plain), *map(_table, tables), ITEMS]
    text = "".join([*parts, *(_table(("item", entry)) for entry in entries)])
    path = folder / SETTINGS
    replace_file(path, text.encode())
    return path


def _table(named: tuple[str, dict[str, Any]]) -> str:
    name, values = named
    return f"\n[[{name}]]\n{tomli_w.dumps(values)}"


def beginning(text: str, most: int = WORDS_SHOWN) -> str:
    """Return how an item begins, on one line."""
    line = " ".join(text.encode("utf-8", "replace").decode().split())
    return line if len(line) <= most else line[: most - 1] + "…"
