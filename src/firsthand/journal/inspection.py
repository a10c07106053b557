"""Whether a journal is whole: every line of every segment, looked at without the index."""

from pathlib import Path

import msgspec

from firsthand.journal.index import Damage, Index
from firsthand.journal.lines import Spoilt, episode_of
from firsthand.journal.packed import Damaged
from firsthand.journal.segments import checked, names, scan, torn


class Inspection(msgspec.Struct, frozen=True):
    """What the files of a journal hold. `repeats` are lines whose episode an earlier line holds
    already.

    `torn` are ends of plain segments that are no whole line: a writer was killed, or is at work, or
    the file was cut. `index` is absent, sound, out of date (the next query brings it up to date),
    or damaged (the next query rebuilds it).
    """

    folder: str
    segments: int
    packed: int
    unchecked: int
    episodes: int
    repeats: int
    damage: list[Damage]
    torn: list[Damage]
    index: str

    @property
    def whole(self) -> bool:
        """Whether nothing is missing or damaged. The index does not count: it is derived."""
        return not self.damage and not self.torn


def inspect(folder: Path) -> Inspection:
    """Read a whole journal. Changes nothing. Raises `JournalError`, and `MissingExtra` for packed
    segments without zstandard.
    """
    index = Index(folder).state()
    files = names(folder)
    ids: set[str] = set()
    lines = 0
    damage: list[Damage] = []
    ends: list[Damage] = []
    for name, file in files.items():
        try:
            for found in scan(folder, name):
                if isinstance(found, Damaged):
                    damage.append(Damage(name, found.offset, found.problem))
                    continue
                offset, line = found
                try:
                    ids.add(episode_of(line, checked=checked(name)).id)
                    lines += 1
                except Spoilt as error:
                    damage.append(Damage(name, offset, str(error)))
            if left := torn(folder, name):
                problem = f"the last {left} bytes are no whole line"
                ends.append(Damage(name, file.size - left, problem))
        except OSError as error:
            damage.append(Damage(name, 0, f"the file cannot be read: {error.strerror}"))
    return Inspection(
        folder=str(folder),
        segments=len(files),
        packed=sum(file.packed for file in files.values()),
        unchecked=sum(not checked(name) for name in files),
        episodes=len(ids),
        repeats=lines - len(ids),
        damage=damage,
        torn=ends,
        index=index,
    )
