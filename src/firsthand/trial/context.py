"""Contexts: the files that are on trial, as items, and how a subset of them is written out.

A context is one text file (a prompt, an AGENTS.md) or a folder of skills, each a folder with a
SKILL.md in it; of a skill nothing is taken apart. A trial works on copies made when it began.
"""

import shutil
from collections.abc import Sequence, Set
from pathlib import Path
from typing import Literal

import msgspec

from firsthand.errors import UserError
from firsthand.trial.pieces import By, Piece, distinct, item_id, join, split
from firsthand.usage import estimated_tokens

SKILL = "SKILL.md"
PLACEBOS = (
    "The order of the notes in this file is the order in which they were written.",
    "Some of these notes were first kept in another document.",
    "This file has been read by more than one person.",
    "The notes in this file are of different lengths.",
    "An earlier version of this file had a different title.",
    "These notes are written in plain text so that they can be read anywhere.",
    "This file was last looked through on a weekday.",
    "Most of the people who wrote these notes have also read them.",
)
"""Sentences that ask for nothing; their effect is taken to be none."""


class Item(msgspec.Struct, frozen=True):
    """One part of a context that can be left out. `tokens` are estimated from its characters."""

    id: str
    kind: str
    text: str
    """To be shown: bytes that are no UTF-8 are replaced."""
    context: str
    keep: bool = False
    """Always shown, not on trial."""

    @property
    def tokens(self) -> int:
        """What it takes in the prompt."""
        return estimated_tokens(self.text)

    @property
    def placebo(self) -> bool:
        """Whether it was added as a control that must show no effect."""
        return self.kind == "placebo"


class Context(msgspec.Struct, frozen=True):
    """One file or skills folder: `place` is its path in the workspace, `path` its copy."""

    place: str
    path: Path
    pieces: tuple[Piece, ...]
    form: Literal["file", "skills"] = "file"

    def items(self) -> list[Item]:
        """Return its items in order."""
        return [
            Item(p.item, p.kind, p.text.encode("utf-8", "replace").decode(), self.place)
            for p in self.pieces
            if p.item
        ]

    def text(self, shown: Set[str]) -> str:
        """Return what a reader of the context gets when only these items are shown."""
        return join(self.pieces, shown)

    def write(self, target: Path, shown: Set[str]) -> None:
        """Write it to a path with only these items."""
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_symlink():  # what it points to is not ours
            target.unlink()
        if self.form == "file":
            target.unlink(missing_ok=True)  # it may be a second name of the original
            target.write_bytes(self.text(shown).encode("utf-8", "surrogateescape"))
            return
        if target.is_dir():
            shutil.rmtree(target)
        names = {piece.name for piece in self.pieces if piece.item not in shown}
        shutil.copytree(
            self.path,
            target,
            symlinks=True,
            ignore=lambda folder, _: names if Path(folder) == self.path else set[str](),
        )


def read(
    path: Path,
    place: str,
    *,
    by: By = "item",
    placebos: int = 0,
    taken: Set[str] = frozenset(),
) -> Context:
    """Read a context and take it apart. `taken` are the ids of contexts before it. Raises
    `UserError`.
    """
    if path.is_dir():
        return _skills(path, place, placebos, taken)
    text = read_text(path)
    pieces = split(text, by=by)
    if not any(piece.item for piece in pieces):
        raise UserError(f"{path} has nothing in it that could be left out.")
    ending = "" if text.endswith("\n") else "\n"
    added = [
        Piece(f"{'' if index else ending}\n{says}\n", "placebo", item_id(says))
        for index, says in enumerate(placebo_texts(placebos))
    ]
    return Context(place, path, tuple(distinct([*pieces, *added], taken)))


def read_text(path: Path) -> str:
    """Return a file's text; bytes that are no UTF-8 survive. Raises `UserError`."""
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise UserError(f"The context {path} cannot be read: {error}.") from error


def placebo_texts(n: int) -> Sequence[str]:
    """Return the sentences of so many placebo items. Raises `UserError`."""
    if not 0 <= n <= len(PLACEBOS):
        raise UserError(f"There are 0 to {len(PLACEBOS)} placebo items, got {n}.")
    return PLACEBOS[:n]


def _skills(path: Path, place: str, placebos: int, taken: Set[str]) -> Context:
    if placebos:
        raise UserError("A folder of skills takes no placebo items: add them to a file.")
    folders = sorted(found.parent for found in path.glob(f"*/{SKILL}"))
    if not folders:
        raise UserError(
            f"{path} is a folder without skills: expected folders with a {SKILL} in each. Name a "
            "file to put a file on trial."
        )
    pieces = [_skill(folder) for folder in folders]
    return Context(place, path, tuple(distinct(pieces, taken)), "skills")


def _skill(folder: Path) -> Piece:
    text = read_text(folder / SKILL)
    return Piece(text, "skill", item_id(f"{folder.name}\n{text}"), name=folder.name)
