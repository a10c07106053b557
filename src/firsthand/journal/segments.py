"""Segments: append-only files of JSON lines, each with a single writer for life.

Writers never share a file, so any number of them on any number of machines never contend. An
episode is acknowledged when `append` returns: its line has then been handed to the operating system
in one write, and no death of the process can take it back. What a kill can leave is one torn line
at the end of a file, which readers ignore. Locks, rotation and rewriting are left out.
"""

import io
import os
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from firsthand.episode import Episode
from firsthand.errors import JournalError
from firsthand.journal.lines import line_of, split
from firsthand.journal.packed import Damaged, blocks, legacy, unpacked, write, zstandard

PLAIN = ".jsonl"
PACKED = ".jsonl.zst"
PARTIAL = ".partial"
CHECKED = "-crc"
"""The end of the name of a segment whose lines all carry checksums."""
BUFFER = 1 << 20


LISTINGS = 5
"""How often a folder is listed again because a file vanished meanwhile; a broken link always
vanishes.
"""

SETTLED_SECONDS = 3600.0
"""A partial file that has not been written for so long was left behind by a process that died."""


class Writer:
    """The one writer of a new segment; a context manager.

    `durable` waits for the disk on every append, which also survives a power cut. `compress` packs
    the finished segment with zstd on closing. Raises `MissingExtra` when that is not installed.
    """

    def __init__(self, folder: Path, *, durable: bool = False, compress: bool = False) -> None:
        if compress:
            zstandard()
        self.durable, self.compress = durable, compress
        name = f"{time.time_ns():016x}-{os.getpid()}-{os.urandom(4).hex()}{CHECKED}"
        self.path = folder / f"{name}{PLAIN}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _tidy(folder)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
            self._file = os.open(self.path, flags, 0o644)
            if durable:
                _sync_folder(folder)
        except OSError as error:
            raise JournalError(
                f"No journal can be written in {folder}: {error}. Choose another folder.",
                path=folder,
            ) from error
        self._size = 0
        self._closed = False

    def append(self, episode: Episode) -> None:
        """Store one episode; it is acknowledged when this returns. Raises `Unstorable`, or
        `JournalError` when the disk refuses.
        """
        self._write(line_of(episode))

    def append_many(self, episodes: Iterable[Episode]) -> None:
        """Store several episodes in one write; all are acknowledged when this returns."""
        self._write(b"".join(map(line_of, episodes)))

    def close(self) -> None:
        """Close the segment, and pack it when asked to. An empty segment leaves no file."""
        if self._closed:
            return
        self._closed = True
        os.close(self._file)
        if not self._size:
            self.path.unlink(missing_ok=True)
        elif self.compress:
            with suppress(JournalError):  # a full disk: what is not packed is no less whole
                pack(self.path)

    def __enter__(self) -> "Writer":
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def _write(self, lines: bytes) -> None:
        if self._closed:
            raise JournalError(
                f"The writer of {self.path} is closed: open another with `journal.writer()`."
            )
        try:
            written = os.write(self._file, lines)
            while written < len(lines):  # a full disk takes part of a line, then refuses
                written += os.write(self._file, lines[written:])
            if self.durable:
                os.fsync(self._file)
        except OSError as error:
            os.ftruncate(
                self._file, self._size
            )  # so that the next line does not continue half of this one
            raise JournalError(
                f"{self.path} cannot be written: {error}. Nothing of this append was kept.",
                path=self.path,
            ) from error
        self._size += len(lines)


class File(NamedTuple):
    """The file of a segment: its size in bytes, whether it is packed, when it was last written, in
    ns.
    """

    size: int
    packed: bool
    written: int


def names(folder: Path) -> dict[str, File]:
    """Return every segment's name, in journal order, with its file.

    While a segment is being packed both of its files may be there: the plain one counts.
    """
    found: dict[str, File] = {}
    for _ in range(LISTINGS):
        found, vanished = _listed(folder)
        if not vanished:
            break
    return dict(sorted(found.items()))


def _listed(folder: Path) -> tuple[dict[str, File], bool]:
    """List once; say whether a file vanished meanwhile, as a segment does that is being packed."""
    found: dict[str, File] = {}
    vanished = False
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):  # X.jsonl before X.jsonl.zst
            packed = entry.name.endswith(PACKED)
            if not (packed or entry.name.endswith(PLAIN)):
                continue
            name = entry.name.removesuffix(PACKED if packed else PLAIN)
            try:
                status = entry.stat()
            except FileNotFoundError:
                vanished = True
                continue
            if stat.S_ISREG(status.st_mode):
                found.setdefault(name, File(status.st_size, packed, status.st_mtime_ns))
    return found, vanished


def checked(name: str) -> bool:
    """Say whether every line of a segment carries a checksum: its name promises it."""
    return name.endswith(CHECKED)


def scan(folder: Path, name: str, start: int = 0) -> Iterator[tuple[int, bytes] | Damaged]:
    """Yield the offset and the content of every line from byte `start` on, and what is damaged.

    A torn last line of a plain segment is not yielded: it was never acknowledged. A segment that
    was removed holds nothing. Raises `OSError` when the file cannot be read.
    """
    try:
        file = (folder / f"{name}{PLAIN}").open("rb", buffering=BUFFER)
    except FileNotFoundError:
        with suppress(FileNotFoundError):
            yield from _scan_packed(folder / f"{name}{PACKED}", name)
        return
    with file:
        file.seek(start)
        for line in file:
            if not line.endswith(b"\n"):
                return
            yield from split(line, start, checked=checked(name))
            start += len(line)


def _scan_packed(path: Path, name: str) -> Iterator[tuple[int, bytes] | Damaged]:
    for chunk in _chunks(path, name):
        if isinstance(chunk, Damaged):
            yield chunk
            continue
        at, lines = chunk
        for line in io.BytesIO(lines):
            yield from split(line, at, checked=checked(name))
            at += len(line)


def _chunks(path: Path, name: str) -> Iterator[tuple[int, bytes] | Damaged]:
    """Yield what a packed segment holds, in pieces of whole lines with their offsets, and what is
    damaged.
    """
    if not checked(name):
        start = 0
        for line in legacy(path):
            yield line if isinstance(line, Damaged) else (start, line)
            start += 0 if isinstance(line, Damaged) else len(line)
        return
    content = path.read_bytes()
    for block in blocks(content):
        if isinstance(block, Damaged):
            yield block
        elif block.plain:
            lines = unpacked(content, block)
            yield lines if isinstance(lines, Damaged) else (block.offset, lines)


def read(folder: Path, name: str, spans: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    """Yield the bytes of each span `(offset, length)` of one segment, in rising order; none where
    they are damaged.
    """
    try:
        file = (folder / f"{name}{PLAIN}").open("rb", buffering=BUFFER)
    except FileNotFoundError:
        yield from _read_packed(folder / f"{name}{PACKED}", name, spans)
        return
    with file:
        for offset, length in spans:
            file.seek(offset)
            yield file.read(length)


def _read_packed(path: Path, name: str, spans: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    """Cut the spans out of the pieces that hold them."""
    chunks = (chunk for chunk in _chunks(path, name) if not isinstance(chunk, Damaged))
    at, lines = 0, b""
    for offset, length in spans:
        while offset >= at + len(lines) and (following := next(chunks, None)) is not None:
            at, lines = following
        yield lines[offset - at :][:length] if offset >= at else b""


def torn(folder: Path, name: str) -> int:
    """Return how many bytes at the end of a plain segment are no whole line."""
    try:
        with (folder / f"{name}{PLAIN}").open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            end, tail = size, b""
            while end and b"\n" not in tail:
                start = max(0, end - BUFFER)
                file.seek(start)
                tail, end = file.read(end - start), start
            return size - (end + tail.rfind(b"\n") + 1)
    except FileNotFoundError:
        return 0


def pack(path: Path) -> None:
    """Compress a finished segment and put the result in its place; a kill leaves one of the two
    whole.
    """
    partial, packed = path.with_suffix(PARTIAL), path.with_suffix(PACKED)
    try:
        with path.open("rb") as source, partial.open("wb") as target:
            write(source, target)
            target.flush()
            os.fsync(target.fileno())
        partial.replace(packed)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise JournalError(
            f"{path} cannot be packed: {error}. It is kept as it is, and whole.", path=path
        ) from error
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)
    path.unlink()


def _tidy(folder: Path) -> None:
    """Remove what processes that died while packing left behind."""
    with suppress(OSError):
        for partial in folder.glob(f"*{PARTIAL}"):
            if time.time() - partial.stat().st_mtime > SETTLED_SECONDS:
                partial.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
