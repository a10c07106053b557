"""Journal: the append-only store of episodes, as one folder.

    journal = Journal("runs/first")
    with journal.writer() as writer:
        writer.append(episode)  # acknowledged when it returns
    for episode in journal.episodes(run="monday", min_reward=1.0): ...

Where an id occurs more than once, the first episode in journal order counts.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from firsthand.episode import Episode
from firsthand.errors import UserError
from firsthand.journal.index import Damage, Index
from firsthand.journal.segments import Writer, names
from firsthand.task import Split


def folder_of(path: Path | str) -> Path:
    """Return a journal's folder, given that folder or the folder of a run. Raises `UserError`."""
    path = Path(path)
    for folder in (path, path / "journal"):
        if names(folder):
            return folder
    if path.is_dir():
        raise UserError(
            f"{path} holds no episode: expected the folder of a journal, or of a run with "
            "a folder 'journal' in it."
        )
    what = "is no folder" if path.exists() else "does not exist"
    raise UserError(f"{path} {what}: expected the folder of a journal or of a run.")


class Run(msgspec.Struct, frozen=True):
    """What a journal holds of one run. `reward` is the mean over the episodes that did not fail,
    None without any.
    """

    name: str
    episodes: int
    failed: int
    reward: float | None


class Journal:
    """The episodes in one folder, which need not exist yet.

    Any number of processes may write and read at once. An empty journal is false: test `is None`.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._index = Index(self.path)

    def writer(self, *, durable: bool = False, compress: bool = False) -> Writer:
        """Open a new segment for writing; use it as a context manager.

        `durable` makes an acknowledged episode survive a power cut, not only a kill; `compress`
        packs the segment on closing. Raises `MissingExtra` without zstandard.
        """
        return Writer(self.path, durable=durable, compress=compress)

    def episodes(
        self,
        *,
        environment: str | None = None,
        run: str | None = None,
        split: Split | None = None,
        agent: str | None = None,
        world: int | None = None,
        level: int | None = None,
        min_reward: float | None = None,
        failed: bool | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> Iterator[Episode]:
        """Yield the episodes that meet every condition given, in journal order.

        `min_reward` leaves out failed episodes, which have no reward.
        """
        equal = {
            "environment": environment,
            "run": run,
            "split": split,
            "agent": agent,
            "world": world,
            "level": level,
        }
        conditions: list[tuple[str, tuple[Any, ...]]] = [("1", ())]
        conditions += [
            (f"{column} = ?", (str(value),)) for column, value in equal.items() if value is not None
        ]
        if min_reward is not None:
            conditions.append(("reward >= ?", (min_reward,)))
        if failed is not None:
            conditions.append((f"(reward IS NULL) = {failed:d}", ()))
        for key, value in (tags or {}).items():
            conditions.append(
                ("EXISTS (SELECT 1 FROM json_each(tags) WHERE key = ? AND value = ?)", (key, value))
            )
        values = [value for _, own in conditions for value in own]
        return self._index.episodes(" AND ".join(text for text, _ in conditions), values)

    def get(self, id: str) -> Episode:
        """Return one episode. Raises `UserError` when the journal does not hold it."""
        for episode in self._index.episodes("id = ?", (id,)):
            return episode
        raise UserError(f"No episode {id!r} is in {self.path}, which holds {len(self)}.")

    def ids(self, run: str) -> set[str]:
        """Return the ids of all episodes of one run."""
        return {id for (id,) in self._index.rows("SELECT id FROM episodes WHERE run = ?", (run,))}

    def runs(self) -> list[Run]:
        """Summarise every run, in the order of their first episodes."""
        columns = "run, COUNT(*), SUM(reward IS NULL), AVG(reward)"
        return [
            Run(*row)
            for row in self._index.rows(
                f"SELECT {columns} FROM episodes GROUP BY run ORDER BY MIN(segment || '/' "
                "|| printf('%020d', offset))"
            )
        ]

    def damage(self) -> list[Damage]:
        """Return what is damaged: lines that are no episode, parts of packed segments, files that
        were cut.

        A torn last line is no damage: it was never acknowledged. `firsthand journal check` reports
        it.
        """
        return [
            Damage(*row)
            for row in self._index.rows(
                "SELECT segment, offset, problem FROM damage ORDER BY segment, offset"
            )
        ]

    def __len__(self) -> int:
        return sum(n for (n,) in self._index.rows("SELECT COUNT(*) FROM episodes"))
