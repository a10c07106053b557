"""Segments: append-only files of JSON lines, each with a single writer for life.

Writers never share a file, so any number of them on any number of machines never contend. An episode
is acknowledged when `append` returns: its line has then been handed to the operating system in one
write, and no death of the process can take it back. What a kill can leave is one torn line at the end
of a file, which readers ignore. Locks, rotation and rewriting are left out.
"""

import io
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType, TracebackType
from typing import BinaryIO, cast

import msgspec

from firsthand.episode import Episode, decode, encode
from firsthand.errors import JournalError, MissingExtra, Unstorable
from firsthand.secrets import redact

PLAIN = ".jsonl"
PACKED = ".jsonl.zst"
BUFFER = 1 << 20


NO_JSON = (UnicodeEncodeError, TypeError, ValueError, OverflowError, RecursionError)
"""What encoding an episode may raise that JSON cannot hold."""


class Writer:
    """The one writer of a new segment; a context manager.

    `durable` waits for the disk on every append, which also survives a power cut. `compress` packs
    the finished segment with zstd on closing. Raises `MissingExtra` when that is not installed.
    """

    def __init__(self, folder: Path, *, durable: bool = False, compress: bool = False) -> None:
        if compress:
            _zstandard()
        self.durable, self.compress = durable, compress
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{time.time_ns():016x}-{os.getpid()}-{os.urandom(4).hex()}{PLAIN}"
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        self._size = 0
        self._closed = False
        if durable:
            _sync_folder(folder)

    def append(self, episode: Episode) -> None:
        """Store one episode; it is acknowledged when this returns. Raises `Unstorable`, or `JournalError` when the disk refuses."""
        self._write(_line(episode))

    def append_many(self, episodes: Iterable[Episode]) -> None:
        """Store several episodes in one write; all are acknowledged when this returns."""
        self._write(b"".join(map(_line, episodes)))

    def close(self) -> None:
        """Close the segment, and pack it when asked to. An empty segment leaves no file."""
        if self._closed:
            return
        self._closed = True
        os.close(self._file)
        if not self._size:
            self.path.unlink()
        elif self.compress:
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
                f"{self.path} cannot be written: {error}. Nothing of this append was kept."
            ) from error
        self._size += len(lines)


def _line(episode: Episode) -> bytes:
    """Encode an episode, and make sure that it can be read back as it is. Raises `Unstorable`."""
    try:
        whole = encode(episode)
        if decode(whole) != episode:
            raise ValueError("read back, it is not the same: a list for a tuple, or nan")
        line = redact(whole)
        if line != whole:
            decode(line)
    except (*NO_JSON, msgspec.MsgspecError) as error:
        raise Unstorable(
            f"Episode {episode.id} of {episode.task.id} cannot be stored: {error}"
        ) from error
    return line + b"\n"


def names(folder: Path) -> dict[str, tuple[int, bool]]:
    """Return every segment's name, in journal order, with the size of its file and whether that is packed.

    While a segment is being packed both of its files may be there: the plain one counts.
    """
    found: dict[str, tuple[int, bool]] = {}
    try:
        for entry in sorted(
            os.scandir(folder), key=lambda entry: entry.name
        ):  # X.jsonl comes before X.jsonl.zst
            packed = entry.name.endswith(PACKED)
            if packed or entry.name.endswith(PLAIN):
                found.setdefault(
                    entry.name.removesuffix(PACKED if packed else PLAIN),
                    (entry.stat().st_size, packed),
                )
    except FileNotFoundError:  # no journal yet, or a segment was packed while it was being listed
        return names(folder) if folder.exists() else {}
    return dict(sorted(found.items()))


def open_at(folder: Path, name: str, start: int = 0) -> BinaryIO:
    """Open a segment, plain or packed, at a byte of its plain form."""
    try:
        file = (folder / f"{name}{PLAIN}").open("rb", buffering=BUFFER)
        file.seek(start)
    except FileNotFoundError:
        raw = (folder / f"{name}{PACKED}").open("rb")
        unpacked = cast(
            "io.RawIOBase", _zstandard().ZstdDecompressor().stream_reader(raw, closefd=True)
        )
        file = io.BufferedReader(unpacked, BUFFER)
        skip(file, start)
    return file


def skip(file: BinaryIO, n: int) -> None:
    """Move forward by `n` bytes; unpacked streams cannot seek."""
    if n and file.seekable():
        file.seek(n, os.SEEK_CUR)
    else:
        while n and (read := len(file.read(min(n, BUFFER)))):
            n -= read


def scan(folder: Path, name: str, start: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield the offset and the content of every whole line from byte `start` on. A torn last line is not yielded."""
    with open_at(folder, name, start) as file:
        for line in file:
            if not line.endswith(b"\n"):
                return
            yield start, line
            start += len(line)


def read(folder: Path, name: str, spans: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    """Yield the bytes of each span `(offset, length)` of one segment; spans come in rising order."""
    at = 0
    with open_at(folder, name) as file:
        for offset, length in spans:
            skip(file, offset - at)
            yield file.read(length)
            at = offset + length


def pack(path: Path) -> None:
    """Compress a finished segment and put the result in its place; a kill leaves one of the two whole."""
    partial, packed = path.with_suffix(".partial"), path.with_suffix(PACKED)
    with path.open("rb") as source, partial.open("wb") as target:
        _zstandard().ZstdCompressor().copy_stream(source, target)
        target.flush()
        os.fsync(target.fileno())
    partial.replace(packed)
    _sync_folder(path.parent)
    path.unlink()


def _zstandard() -> ModuleType:
    try:
        import zstandard  # deferred: an extra
    except ImportError:
        raise MissingExtra("zstandard", extra="zstd") from None
    return zstandard


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
