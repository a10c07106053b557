"""A trial: a folder with settings, copies of the contexts, and a journal; also a library.

    trial = Trial("trial")
    assignment = trial.assign("conversation 17")
    agent.system_prompt = assignment.text
    assignment.record(1.0)

The copies are what is on trial: editing the original meanwhile changes nothing. Left out: changing
items under way; a context that changed is a new trial.
"""

import math
import os
import shutil
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import msgspec

from firsthand.errors import UnknownName, UserError
from firsthand.trial.assignment import Mode, draw, mode_of
from firsthand.trial.context import Context, Item, read
from firsthand.trial.journal import Assigned, Finished, Planned, Run, TrialJournal, now
from firsthand.trial.pieces import By
from firsthand.trial.settings import (
    EXAMPLE_TASKS,
    SETTINGS,
    TASKS,
    Entry,
    Source,
    TrialConfig,
    read_config,
    write_config,
)

COPIES = "context"


class Trial:
    """Opens a trial that `firsthand trial init`, or `create`, made. Raises `UserError`."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self.config = read_config(self.folder)
        self.journal = TrialJournal(self.folder)
        self.contexts = _contexts(self.folder, self.config)
        keep = self._kept()
        self.items = [
            msgspec.structs.replace(item, keep=item.id in keep)
            for context in self.contexts
            for item in context.items()
        ]
        self._assigned = self.journal.assigned()
        self._finished = {run.finished.key for run in self.journal.runs()}

    def _kept(self) -> set[str]:
        known = {item.id for context in self.contexts for item in context.items()}
        for entry in self.config.item:
            if entry.id not in known:
                hint = f"{self.folder / SETTINGS} may only change `keep`; items come from `init`."
                raise UnknownName("item", entry.id, known, hint=hint)
        return {entry.id for entry in self.config.item if entry.keep}

    @cached_property
    def on_trial(self) -> list[Item]:
        """The items that are shown at random."""
        return [item for item in self.items if not item.keep]

    def assign(self, key: str, *, task: str = "", mode: Mode | None = None) -> "Assignment":
        """Return what a run or conversation shows; the same key is always shown the same.

        Give its `task` where the same thing is done several times: runs of a task are compared
        with each other. Raises `UserError` for an empty key.
        """
        if not key:
            raise UserError("A run needs a key: a text that names it and no other run.")
        found = self._assigned.get(key)
        if found is None:
            config = self.config
            mode = mode or mode_of(key, ends=config.ends, seed=config.seed)
            chance, ids = config.probability, [item.id for item in self.on_trial]
            drawn = draw(ids, key, mode=mode, probability=chance, seed=config.seed)
            found = Assigned(
                key=key,
                task=task,
                mode=mode,
                shown=drawn.shown,
                hidden=drawn.hidden,
                probability=chance,
                at=now(),
            )
            self.journal.append(found)
            self._assigned[key] = found
        return Assignment(self, found)

    def assigned(self, key: str) -> "Assignment | None":
        """Return what a run was shown; None: it was never assigned."""
        found = self._assigned.get(key)
        return Assignment(self, found) if found else None

    @property
    def finished(self) -> int:
        """How many runs have ended."""
        return len(self._finished)

    def keys(self) -> list[str]:
        """Return the keys that were assigned."""
        return list(self._assigned)

    def finish(self, finished: Finished) -> None:
        """Store how a run ended. Raises `UserError` for a key that is unknown or done."""
        if finished.key not in self._assigned:
            hint = "Assign it first."
            raise UnknownName("run", finished.key, self._assigned, hint=hint)
        if finished.key in self._finished:
            raise UserError(f"The run {finished.key!r} has an outcome already: it counts once.")
        if finished.outcome is not None and not math.isfinite(finished.outcome):
            raise UserError(f"An outcome is a finite number, got {finished.outcome!r}.")
        self.journal.append(finished)
        self._finished.add(finished.key)

    def done(self, key: str) -> bool:
        """Say whether a run has ended."""
        return key in self._finished

    def plan(self, runs: int) -> None:
        """Plan so many runs in all: verdicts are given when they are done, and each time that more
        are planned the evidence for one must be stronger. Without a plan they are given at 50,
        100, 200, 400 … runs.
        """
        if runs > max(self.journal.plans(), default=0):
            self.journal.append(Planned(runs=runs, at=now()))

    def runs(self) -> list[Run]:
        """Return the finished runs in the order in which they were assigned."""
        return self.journal.runs()

    def visible(self, assigned: Assigned) -> set[str]:
        """Return the ids of all items that a run shows, those that are always kept included."""
        return set(assigned.shown) | {i.id for i in self.items if i.id not in assigned.hidden}

    def write(self, workspace: Path, assigned: Assigned) -> Path:
        """Write the contexts of a run into a workspace and return the path of the first."""
        for context in self.contexts:
            target = workspace / context.place
            if not target.parent.resolve().is_relative_to(workspace.resolve()):
                raise UserError(
                    f"{target.parent} leads out of the workspace by a link: writing "
                    f"{context.place} there would change the original."
                )
            context.write(target, self.visible(assigned))
        return workspace / self.contexts[0].place


class Assignment:
    """What one run or conversation shows."""

    def __init__(self, trial: Trial, assigned: Assigned) -> None:
        self.trial, self.assigned = trial, assigned
        self.key, self.shown = assigned.key, assigned.shown

    @property
    def text(self) -> str:
        """The context as this run sees it; of several, one after the other."""
        visible = self.trial.visible(self.assigned)
        return "".join(context.text(visible) for context in self.trial.contexts)

    def record(
        self,
        outcome: float | bool,
        *,
        tokens: float | None = None,
        seconds: float | None = None,
    ) -> None:
        """Store how it went: more is better. Raises `UserError` when it has an outcome already."""
        self.trial.finish(
            Finished(key=self.key, outcome=float(outcome), tokens=tokens, seconds=seconds, at=now())
        )


def create(
    folder: Path | str,
    contexts: Sequence[Path | str],
    *,
    by: By = "item",
    config: TrialConfig = TrialConfig(),
) -> Trial:
    """Make a trial of files and skills folders. Raises `UserError` where there is one already."""
    folder = Path(folder)
    if (folder / SETTINGS).exists():
        raise UserError(
            f"{folder} holds a trial already: go on with it, or name another folder with --out."
        )
    if not contexts:
        raise UserError("A trial needs a context: a file or a folder of skills.")
    paths = [Path(path) for path in contexts]
    sources = tuple(
        Source(source=os.path.abspath(path), place=_place(path, Path(config.workspace)), by=by)
        for path in paths
    )
    places = [source.place for source in sources]
    if twice := next((place for place in places if places.count(place) > 1), None):
        raise UserError(f"Two contexts would stand at {twice} in the workspace.")
    config = msgspec.structs.replace(config, context=sources)
    for path in paths:
        if not path.exists():
            raise UserError(f"The context {path} does not exist.")
        read(path, path.name, by=by, placebos=config.placebos if path.is_file() else 0)
    for path, source in zip(paths, sources, strict=True):
        copy = folder / COPIES / source.place
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, copy, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copyfile(path, copy)
    items = [item for context in _contexts(folder, config) for item in context.items()]
    entries = tuple(Entry(item.id) for item in items)
    write_config(folder, msgspec.structs.replace(config, item=entries), items)
    if not (folder / TASKS).exists():
        (folder / TASKS).write_text(EXAMPLE_TASKS, encoding="utf-8")
    return Trial(folder)


def _contexts(folder: Path, config: TrialConfig) -> list[Context]:
    """Read the copies. Placebo items stand at the end of the first file."""
    found: list[Context] = []
    left = config.placebos
    taken: set[str] = set()
    for source in config.context:
        path = folder / COPIES / source.place
        placebos, left = (0, left) if path.is_dir() else (left, 0)
        context = read(path, source.place, by=source.by, placebos=placebos, taken=taken)
        taken |= {item.id for item in context.items()}
        found.append(context)
    if not found:
        raise UserError(f"{folder / SETTINGS} names no context.")
    if left:
        raise UserError("Placebo items need a file among the contexts: a skills folder has none.")
    return found


def _place(path: Path, workspace: Path) -> str:
    """Return where a context stands in the workspace: where it is, else at its top."""
    try:
        return path.resolve().relative_to(workspace.resolve()).as_posix()
    except ValueError:
        return path.name
