"""The index: a SQLite file beside the segments that says which line holds which episode.

It is derived data. Every query first scans the bytes that were added since the last one; an index that
is missing, corrupt, of another layout or out of step with the segments is thrown away and rebuilt.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from firsthand.episode import Episode, decode
from firsthand.journal.segments import JournalError, names, read, scan

LAYOUT = 1
"""Kept in `PRAGMA user_version`; raise it with every change of the tables."""

TABLES = f"""
CREATE TABLE segments (name TEXT PRIMARY KEY, size INTEGER, packed INTEGER, scanned INTEGER) WITHOUT ROWID;
CREATE TABLE damage (segment TEXT, offset INTEGER, problem TEXT);
CREATE TABLE episodes (
    id TEXT PRIMARY KEY, segment TEXT, offset INTEGER, length INTEGER,
    environment TEXT, world TEXT, level TEXT, split TEXT, agent TEXT, run TEXT, reward REAL, tags TEXT
) WITHOUT ROWID;
CREATE INDEX in_order ON episodes (segment, offset);
CREATE INDEX by_run ON episodes (run);
PRAGMA user_version = {LAYOUT};
"""

INSERT = """
INSERT INTO episodes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET segment = excluded.segment, offset = excluded.offset, length = excluded.length,
    environment = excluded.environment, world = excluded.world, level = excluded.level, split = excluded.split,
    agent = excluded.agent, run = excluded.run, reward = excluded.reward, tags = excluded.tags
WHERE (excluded.segment, excluded.offset) < (episodes.segment, episodes.offset)
"""
"""The first episode of an id in journal order counts, whichever was scanned first."""

BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
"""What SQLite says of a file that is no index of ours; rebuilding heals it."""

NO_EPISODE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding a spoilt line may raise."""

WAIT_SECONDS = 600.0


class Stale(Exception):
    """The index says something that the segments do not."""


class Damage(msgspec.Struct, frozen=True):
    """A line that is whole and yet no episode: something other than a kill spoilt the file."""

    segment: str
    offset: int
    problem: str


class Index:
    """The index of one journal folder. Holds no connection between queries."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "index.sqlite"

    def rows(self, query: str, values: Sequence[Any] = (), *, refresh: bool = True) -> list[Any]:
        """Bring the index up to date and return all rows of one SELECT. Raises `JournalError`."""
        if not self.folder.is_dir():
            return []
        for attempt in (1, 2):
            try:
                with closing(
                    sqlite3.connect(self.path, timeout=WAIT_SECONDS, isolation_level=None)
                ) as database:
                    if refresh or attempt == 2:
                        self._refresh(database)
                    return database.execute(query, values).fetchall()
            except (sqlite3.Error, Stale) as error:
                broken = (
                    isinstance(error, Stale)
                    or (getattr(error, "sqlite_errorcode", 0) & 0xFF) in BROKEN
                )
                if attempt == 2 or not broken:
                    raise JournalError(
                        f"The index {self.path} cannot be used: {error}. Its folder must be writable; the file may be deleted, it is rebuilt."
                    ) from error
                self._discard()
        raise AssertionError("the second attempt returns or raises")

    def episodes(self, where: str, values: Sequence[Any]) -> Iterator[Episode]:
        """Yield the episodes that a condition selects, in journal order; the rows of one segment are held at a time."""
        query = f"SELECT offset, length, id FROM episodes WHERE {where} AND segment = ? AND offset > ? ORDER BY offset"
        for (segment,) in self.rows(
            f"SELECT DISTINCT segment FROM episodes WHERE {where} ORDER BY segment", values
        ):
            last = -1
            for attempt in (1, 2):
                found = self.rows(query, (*values, segment, last), refresh=attempt == 2)
                try:
                    for last, episode in self._read(segment, found):  # noqa: B007 - the place to go on from
                        yield episode
                    break
                except Stale as stale:
                    if attempt == 2:
                        raise JournalError(
                            f"Segment {segment} in {self.folder} changed while it was read: {stale}."
                        ) from None
                    self._discard()

    def _read(
        self, segment: str, found: list[tuple[int, int, str]]
    ) -> Iterator[tuple[int, Episode]]:
        lines = read(self.folder, segment, [(offset, length) for offset, length, _ in found])
        for offset, _, expected in found:
            try:
                episode = decode(next(lines))
            except (
                *NO_EPISODE,
                OSError,
                ValueError,
                TypeError,
            ) as error:  # the row may name any file and any bytes
                raise Stale(f"no episode at byte {offset} ({error})") from None
            if episode.id != expected:
                raise Stale(f"expected episode {expected} at byte {offset}, got {episode.id}")
            yield offset, episode

    def _discard(self) -> None:
        for suffix in (
            "-journal",
            "",
        ):  # the rollback journal first: it must not be applied to a new file
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def _refresh(self, database: sqlite3.Connection) -> None:
        """Scan what is new. Other processes at the same work wait, then find nothing left to do."""
        database.execute("PRAGMA synchronous = NORMAL")
        (page,) = database.execute("PRAGMA page_size").fetchone()
        if self.path.stat().st_size % page:  # SQLite takes the rest of a torn page for empty
            raise Stale("its last page is torn")
        (layout,) = database.execute("PRAGMA user_version").fetchone()
        if layout == 0:
            _create(database)
        elif layout != LAYOUT:
            raise Stale(f"layout {layout}, expected {LAYOUT}")
        known = {
            name: (size, bool(packed))
            for name, size, packed in database.execute("SELECT name, size, packed FROM segments")
        }
        now = names(self.folder)  # listed after `known` was read: segments only grow
        for name, (size, packed) in known.items():
            if name not in now or (now[name][0] < size and now[name][1] == packed):
                raise Stale(f"segment {name} was removed or cut")
        new = {name: state for name, state in now.items() if known.get(name) != state}
        if new:
            database.execute("BEGIN IMMEDIATE")
            with database:
                for name, (size, packed) in new.items():
                    end = self._scan(database, name)
                    database.execute(
                        "INSERT OR REPLACE INTO segments VALUES (?, ?, ?, ?)",
                        (name, size, packed, end),
                    )

    def _scan(self, database: sqlite3.Connection, name: str) -> int:
        """Index the lines of one segment that are new, and return where they end."""
        row = database.execute(
            "SELECT scanned FROM segments WHERE name = ?", (name,)
        ).fetchone()  # under the lock: another may have been faster
        end = row[0] if row else 0
        for offset, line in scan(self.folder, name, end):
            end = offset + len(line)
            try:
                episode = decode(line)
            except NO_EPISODE as error:
                database.execute("INSERT INTO damage VALUES (?, ?, ?)", (name, offset, str(error)))
            else:
                database.execute(INSERT, _row(episode, name, offset, len(line)))
        return end


def _create(database: sqlite3.Connection) -> None:
    database.execute("BEGIN IMMEDIATE")
    with database:
        if database.execute("PRAGMA user_version").fetchone() == (
            0,
        ):  # else: another process was faster
            for statement in TABLES.split(";\n"):
                database.execute(statement)


def _row(episode: Episode, segment: str, offset: int, length: int) -> tuple[Any, ...]:
    """Worlds and levels are kept as text: SQLite's integers end at 64 bits, a world's seed does not."""
    task, tags = episode.task, msgspec.json.encode(episode.tags).decode()
    where = (episode.id, segment, offset, length)
    return (
        *where,
        task.environment,
        str(task.world),
        str(task.level),
        task.split,
        episode.agent,
        episode.run,
        episode.reward,
        tags,
    )
