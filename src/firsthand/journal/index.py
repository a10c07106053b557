"""The index: a SQLite file beside the segments that says which line holds which episode.

It is derived data, and never believed blindly: a file beside it holds its checksum, and every query
first scans the bytes that were added since the last one. An index that is missing, damaged, of
another layout or out of step with the segments is thrown away and rebuilt; where none can be
written, on a full or a read-only disk, it is built in memory.
"""

import errno
import sqlite3
import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import msgspec

from firsthand.episode import Episode
from firsthand.errors import JournalError
from firsthand.journal.lines import Spoilt, episode_of
from firsthand.journal.packed import Damaged
from firsthand.journal.segments import File, checked, names, read, scan

LAYOUT = 2
"""Kept in `PRAGMA user_version`; raise it with every change of the tables."""

TABLES = f"""
CREATE TABLE segments (
    name TEXT PRIMARY KEY, size INTEGER, packed INTEGER, written INTEGER, scanned INTEGER
) WITHOUT ROWID;
CREATE TABLE damage (segment TEXT, offset INTEGER, problem TEXT);
CREATE TABLE episodes (
    id TEXT PRIMARY KEY, segment TEXT, offset INTEGER, length INTEGER,
    environment TEXT, world TEXT, level TEXT, split TEXT,
    agent TEXT, run TEXT, reward REAL, tags TEXT
) WITHOUT ROWID;
CREATE INDEX in_order ON episodes (segment, offset);
CREATE INDEX by_run ON episodes (run);
PRAGMA user_version = {LAYOUT};
"""

INSERT = """
INSERT INTO episodes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET segment = excluded.segment, offset = excluded.offset,
    length = excluded.length, environment = excluded.environment, world = excluded.world,
    level = excluded.level, split = excluded.split,
    agent = excluded.agent, run = excluded.run, reward = excluded.reward, tags = excluded.tags
WHERE (excluded.segment, excluded.offset) < (episodes.segment, episodes.offset)
"""
"""The first episode of an id in journal order counts, whichever was scanned first."""

WAIT_SECONDS = 600.0

NO_FILES = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}
"""What the system says to a program that has used up its share, whatever the file."""

ATTEMPTS = 3
"""How often an index is rebuilt on disk before one in memory takes its place."""


class Stale(Exception):
    """The index says something that the segments do not, or is not what was written."""


class Damage(msgspec.Struct, frozen=True):
    """A line, or a part of a segment, that holds no episode although it should.

    `offset` counts bytes of the plain segment.
    """

    segment: str
    offset: int
    problem: str


class Index:
    """The index of one journal folder. Holds no connection to a file between queries."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "index.sqlite"
        self.sum_path = folder / "index.crc32"
        self._trusted: tuple[int, ...] = ()
        self._cuts: list[Damage] = []
        self._memory: sqlite3.Connection | None = None
        self._lock = threading.RLock()

    def rows(self, query: str, values: Sequence[Any] = (), *, refresh: bool = True) -> list[Any]:
        """Bring the index up to date and return all rows of one SELECT. Raises `JournalError` when
        the folder cannot be read.
        """
        try:
            return self._answer(query, values, refresh=refresh)
        except OSError as error:
            raise JournalError(
                f"The journal cannot be read now: {error}.", path=self.folder
            ) from error

    def _answer(self, query: str, values: Sequence[Any], *, refresh: bool) -> list[Any]:
        if not self.path.exists() and not names(self.folder):
            return []
        if self._memory is None:
            for attempt in range(ATTEMPTS):
                try:
                    return self._ask_file(query, values, refresh=refresh or attempt > 0)
                except (sqlite3.Error, Stale, OSError) as error:
                    _refuse_without_files(error)
                    if not self._discard():
                        break
        return self._ask_memory(query, values)

    def episodes(self, where: str, values: Sequence[Any]) -> Iterator[Episode]:
        """Yield the episodes that a condition selects, in journal order; the rows of one segment
        are held at a time.
        """
        query = (
            f"SELECT offset, length, id FROM episodes WHERE {where} AND segment = ? AND offset "
            "> ? ORDER BY offset"
        )
        for (segment,) in self.rows(
            f"SELECT DISTINCT segment FROM episodes WHERE {where} ORDER BY segment", values
        ):
            last, attempt = -1, 0
            while True:
                found = self.rows(query, (*values, segment, last), refresh=attempt > 0)
                attempt += 1
                try:
                    for last, episode in self._read(segment, found, skip=attempt > 2):  # noqa: B007 - the place to go on from
                        yield episode
                    break
                except Stale:
                    self._forget()

    def state(self) -> str:
        """Say how the file is: absent, sound, out of date, or damaged."""
        if not self.path.exists():
            return "absent"
        try:
            with closing(self._connected()) as database:
                self._verify(database)
                known = _known(database)
                return "sound" if known == names(self.folder) else "out of date"
        except (sqlite3.Error, Stale, OSError) as error:
            return f"damaged: {error}"

    def _ask_file(self, query: str, values: Sequence[Any], *, refresh: bool) -> list[Any]:
        with closing(self._connected()) as database:
            self._verify(database)
            if refresh:
                self._refresh(database, to_file=True)
            return database.execute(query, values).fetchall()

    def _ask_memory(self, query: str, values: Sequence[Any]) -> list[Any]:
        """Answer from an index that lives as long as this object, for folders that cannot be
        written.
        """
        with self._lock:
            for _ in range(2):
                if self._memory is None:
                    self._memory = sqlite3.connect(
                        ":memory:", isolation_level=None, check_same_thread=False
                    )
                    _create(self._memory)
                with suppress(Stale):
                    self._refresh(self._memory, to_file=False)
                    break
                self._memory = None
            assert self._memory is not None, "segments were cut twice within one query"
            return self._memory.execute(query, values).fetchall()

    def _connected(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, timeout=WAIT_SECONDS, isolation_level=None)
        database.execute("PRAGMA temp_store = MEMORY")
        return database

    def _verify(self, database: sqlite3.Connection) -> None:
        """Compare the file with its checksum, unless this very file was compared before. Raises
        `Stale`.
        """
        database.execute("BEGIN")
        try:
            (layout,) = database.execute("PRAGMA user_version").fetchone()
            tables = database.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
            status = self.path.stat()
            if layout == 0 and tables == (0,) and status.st_size == 0:
                return
            if layout != LAYOUT:
                raise Stale(f"layout {layout}, expected {LAYOUT}")
            state = (status.st_ino, status.st_size, status.st_mtime_ns)
            if state != self._trusted:
                if _sum(database) != _text(self.sum_path):
                    raise Stale("its checksum does not match")
                self._trusted = state
        finally:
            with suppress(sqlite3.Error):
                database.execute("COMMIT")

    def _discard(self) -> bool:
        """Remove the file; say whether that was possible."""
        self._trusted = ()
        try:
            # the rollback journal first: it must not be applied to a new file
            for path in (f"{self.path}-journal", self.sum_path, self.path):
                Path(path).unlink(missing_ok=True)
        except OSError:
            return False
        return True

    def _forget(self) -> None:
        """Have the index built again by the next query."""
        with self._lock:
            self._memory = None
            self._discard()

    def _read(
        self, segment: str, found: list[tuple[int, int, str]], *, skip: bool
    ) -> Iterator[tuple[int, Episode]]:
        """Yield the episodes at these places. Raises `Stale` for one that is not there, unless it
        is to be skipped.
        """
        lines = read(self.folder, segment, [(offset, length) for offset, length, _ in found])
        for offset, _, expected in found:
            try:
                episode = episode_of(next(lines), checked=checked(segment))
            except (Spoilt, OSError, ValueError, StopIteration) as error:
                _refuse_without_files(error)
                if skip:
                    continue
                raise Stale(f"no episode at byte {offset} ({error})") from None
            if episode.id == expected:
                yield offset, episode
            elif not skip:
                raise Stale(f"expected episode {expected} at byte {offset}, got {episode.id}")

    def _refresh(self, database: sqlite3.Connection, *, to_file: bool) -> None:
        """Scan what is new. Other processes at the same work wait, then find nothing left to do."""
        known = _known(database)
        now = names(self.folder)  # listed after `known` was read: segments only grow
        self._compare(database, known, now)
        new = {name: file for name, file in now.items() if (known or {}).get(name) != file}
        if not new and known is not None and not self._cuts:
            return
        # no waiting for the disk: what a power cut leaves does not match its checksum
        database.execute("PRAGMA synchronous = OFF")
        database.execute("BEGIN IMMEDIATE")
        if to_file:  # keep the lock until the checksum is written
            database.execute("PRAGMA locking_mode = EXCLUSIVE")
        with database:
            if _known(database) is None:
                _create(database)
            for name, file in new.items():
                self._scan_into(database, name, file)
            for cut in self._cuts:
                database.execute(
                    "INSERT INTO damage VALUES (?, ?, ?)", msgspec.structs.astuple(cut)
                )
        self._cuts.clear()
        if to_file:
            self.sum_path.write_text(_sum(database))
            status = self.path.stat()
            self._trusted = (status.st_ino, status.st_size, status.st_mtime_ns)

    def _compare(
        self, database: sqlite3.Connection, known: dict[str, File] | None, now: dict[str, File]
    ) -> None:
        """Raise `Stale` for segments that did anything but grow or be packed since they were
        scanned.
        """
        for name, was in (known or {}).items():
            file = now.get(name)
            if file is None:
                raise Stale(f"segment {name} was removed")
            if file.packed != was.packed or file == was or was.size < 0:
                continue
            (end,) = database.execute(
                "SELECT scanned FROM segments WHERE name = ?", (name,)
            ).fetchone()
            if file.size < (was.size if file.packed else end):
                problem = f"the file was cut from {was.size} to {file.size} bytes"
                self._cuts.append(Damage(name, file.size, problem))
                raise Stale(f"segment {name}: {problem}")
            if file.packed or file.size == was.size:
                raise Stale(f"segment {name} was changed in place")

    def _scan_into(self, database: sqlite3.Connection, name: str, file: File) -> None:
        """Index the lines of one segment that are new."""
        row = database.execute(
            "SELECT scanned FROM segments WHERE name = ?", (name,)
        ).fetchone()  # under the lock: another may have been faster
        end = row[0] if row and not file.packed else 0
        if end == 0:
            database.execute("DELETE FROM damage WHERE segment = ?", (name,))
        try:
            for found in scan(self.folder, name, end):
                if isinstance(found, Damaged):
                    database.execute(
                        "INSERT INTO damage VALUES (?, ?, ?)", (name, found.offset, found.problem)
                    )
                    continue
                offset, line = found
                end = offset + len(line)
                try:
                    episode = episode_of(line, checked=checked(name))
                except Spoilt as error:
                    database.execute(
                        "INSERT INTO damage VALUES (?, ?, ?)", (name, offset, str(error))
                    )
                else:
                    database.execute(INSERT, _row(episode, name, offset, len(line)))
        except OSError as error:
            _refuse_without_files(error)
            file = file._replace(size=-1)  # to be tried again
            problem = f"the file cannot be read: {error.strerror}"
            database.execute("INSERT INTO damage VALUES (?, ?, ?)", (name, end, problem))
        database.execute(
            "INSERT OR REPLACE INTO segments VALUES (?, ?, ?, ?, ?)", (name, *file, end)
        )


def _refuse_without_files(error: Exception) -> None:
    """Raise `JournalError` where the machine has no more files to open: what cannot be read then is
    not damaged.
    """
    if isinstance(error, OSError) and error.errno in NO_FILES:
        raise JournalError(f"The journal cannot be read now: {error}.") from error


def _known(database: sqlite3.Connection) -> dict[str, File] | None:
    """Return the segments as they were when they were scanned; None: there are no tables yet."""
    if database.execute("PRAGMA user_version").fetchone() == (0,):
        return None
    return {
        name: File(size, bool(packed), written)
        for name, size, packed, written in database.execute(
            "SELECT name, size, packed, written FROM segments"
        )
    }


def _create(database: sqlite3.Connection) -> None:
    for statement in TABLES.split(";\n"):
        database.execute(statement)


def _sum(database: sqlite3.Connection) -> str:
    """Return the checksum of a database as it would be on disk."""
    return f"{zlib.crc32(database.serialize()):08x}\n"


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return ""


def _row(episode: Episode, segment: str, offset: int, length: int) -> tuple[Any, ...]:
    """Worlds and levels are kept as text: SQLite's integers end at 64 bits, a world's seed does
    not.
    """
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
