"""The folder of one run: its settings, what reviewers answered, and what was deployed.

A folder belongs to one run. Whoever comes with other settings is told which differ, before anything
is written. What a reviewer answered is kept by round, so that a run that goes on repeats its own
history and asks nobody twice. Files are replaced whole; one that is torn or empty all the same
counts as never written.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from firsthand.errors import UserError
from firsthand.journal.journal import Journal
from firsthand.learn.lessons.settings import LearnConfig, differences
from firsthand.playbook import (
    Lesson,
    Playbook,
    deploy,
    is_torn,
    load,
    replace_file,
    versions,
)

SHARED = "held-out"
"""The run of held-out episodes in a journal that several runs share: they share these as well."""


class Setup(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What decides a run from its first episode on."""

    environments: tuple[str, ...]
    model: str
    playbook: str
    """The id of the playbook that the player starts with."""
    agent: str
    """The id of the player: with its instructions and sampling settings."""
    reviewer: str
    config: LearnConfig

    @property
    def run(self) -> str:
        """The name of the run in its journal."""
        config = self.config
        named = f"{'+'.join(self.environments)}-w{config.world}-l{config.level}"
        return f"{named}-s{config.seed}"


class Reviewed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a reviewer proposed after one round, and what went wrong meanwhile."""

    lessons: tuple[Lesson, ...] = ()
    problems: tuple[str, ...] = ()


class RunFolder:
    """Opens the folder of a run. Raises `UserError` when it holds another one, or this one
    unresumed.
    """

    def __init__(
        self, path: Path, setup: Setup, *, resume: bool, journal: Journal | None = None
    ) -> None:
        """`journal` is shared with other runs, and then proves nothing about this one."""
        self.path, self.setup = path, setup
        self.journal = Journal(path / "journal") if journal is None else journal
        held = [run.name for run in self.journal.runs()] if journal is None else []
        self.held_out = setup.run if journal is None else SHARED
        started = read_setup(path)
        if other := _other_run(path, setup, started, held):
            raise UserError(f"{path} {other}")
        if not resume and (held or started or versions(path)):
            raise UserError(
                f"{path} already holds the run {setup.run}. "
                "Resume it (--resume), or choose another folder."
            )
        if not held and (path / "playbook.toml").exists() and not versions(path):
            raise UserError(f"{path} holds a playbook of its own: choose another folder.")
        replace_file(
            path / "config.json", msgspec.json.format(msgspec.json.encode(setup), indent=2)
        )

    def reviewed(self, number: int) -> Reviewed | None:
        """Return what was proposed after a round; None: that was never asked, or never answered."""
        try:
            return msgspec.json.decode(self._review(number).read_bytes(), type=Reviewed)
        except (OSError, msgspec.MsgspecError, ValueError):
            return None

    def keep_review(self, number: int, reviewed: Reviewed) -> None:
        """Keep what was proposed after a round."""
        content = msgspec.json.format(msgspec.json.encode(reviewed), indent=2)
        replace_file(self._review(number), content)

    def deploy(self, playbook: Playbook) -> Playbook:
        """Deploy a playbook under its version, or under the next one that is not taken by another.

        A run that goes on deploys again what it deployed before: then nothing is written, so that
        what a person did with the folder since then stays.
        """
        version = playbook.version
        while (kept := self._history(version)).exists() and not is_torn(kept):
            if load(kept).id == playbook.id:
                found = msgspec.structs.replace(playbook, version=version)
                if not (self.path / "playbook.toml").exists():
                    deploy(self.path, found)
                return found
            version += 1
        found = msgspec.structs.replace(playbook, version=version)
        deploy(self.path, found)
        return found

    def _review(self, number: int) -> Path:
        return self.path / "reviews" / f"{number:04d}.json"

    def _history(self, version: int) -> Path:
        return self.path / "history" / f"{version:04d}.toml"


def read_setup(path: Path) -> Setup | None:
    """Read what a folder's run was started with; None: nothing is there, or it is torn."""
    try:
        return msgspec.json.decode((path / "config.json").read_bytes(), type=Setup)
    except (OSError, msgspec.MsgspecError, ValueError):
        return None


def _other_run(path: Path, setup: Setup, started: Setup | None, held: Sequence[str]) -> str | None:
    """Say how the run in a folder differs from the one about to use it; None: it does not."""
    if started is not None and (changed := changes(started, setup)):
        return (
            f"holds the run {started.run}, which was started with {', '.join(changed)}. "
            "Resume it with the same, or choose another folder."
        )
    if others := [name for name in held if name != setup.run]:
        return f"holds the run {', '.join(others)}, not {setup.run}: choose another folder."
    return None


def changes(started: Setup, now: Setup) -> list[str]:
    """Name what differs between two runs and decides what they play."""
    named: list[tuple[str, Any, Any]] = [
        ("environments", list(started.environments), list(now.environments)),
        ("model", started.model, now.model),
        ("playbook", started.playbook, now.playbook),
        ("reviewer", started.reviewer, now.reviewer),
    ]
    found = [f"{name}={was!r}" for name, was, is_now in named if was != is_now]
    if not found and started.agent != now.agent:
        found = ["other instructions or sampling settings"]
    return found + differences(started.config, now.config)
