"""Packed segments: blocks of lines, each compressed, checked and found by itself.

A block is a frame of zstd behind a skippable frame that says where its lines belong and how they
are checked, so that `zstd -d` unpacks the file to the plain segment. A damaged block is skipped:
the next one is found by the mark of its header. The last header promises that the file ends there.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import BinaryIO, NamedTuple

from firsthand.errors import MissingExtra

BLOCK = 16_384
"""Bytes of lines in a block, at least: what one damaged byte can cost. Episodes of one turn have
500 bytes; blocks of 64 KiB are 9% smaller, of 4 KiB 30% larger."""

MOST_BLOCK = 1 << 28
"""Bytes that a block may claim to unpack to: one line is one episode."""

MARK = struct.pack("<I", 0x184D2A5F) + struct.pack("<I", 28) + b"fhj1"
"""The start of a skippable frame of zstd with 28 bytes, and our name in it."""

FIELDS = struct.Struct("<QIII")
CHECK = struct.Struct("<I")
HEADER = len(MARK) + FIELDS.size + CHECK.size

LEGACY_PIECE = 1 << 16


class Block(NamedTuple):
    """Where a block's lines belong in the plain segment, and where its bytes are in the file."""

    offset: int
    plain: int
    packed: int
    crc: int
    at: int

    @property
    def end(self) -> int:
        """The byte of the file after the block."""
        return self.at + HEADER + self.packed


class Damaged(NamedTuple):
    """A part of a packed segment that cannot be read; `offset` counts in the plain segment."""

    offset: int
    problem: str


def zstandard() -> ModuleType:
    """Return the package. Raises `MissingExtra`."""
    try:
        import zstandard  # deferred: an extra
    except ImportError:
        raise MissingExtra("zstandard", extra="zstd") from None
    return zstandard


def write(lines: Iterable[bytes], target: BinaryIO) -> None:
    """Pack the lines of a segment."""
    compress = zstandard().ZstdCompressor(write_checksum=True).compress
    offset, held = 0, b""
    for line in lines:
        held += line
        if len(held) >= BLOCK:
            target.write(_block(offset, held, compress(held)))
            offset, held = offset + len(held), b""
    if held:
        target.write(_block(offset, held, compress(held)))
        offset += len(held)
    target.write(_block(offset, b"", b""))


def _block(offset: int, plain: bytes, packed: bytes) -> bytes:
    head = MARK + FIELDS.pack(offset, len(plain), len(packed), zlib.crc32(packed))
    # 4 bytes of name, 20 of fields and 4 of checksum are the 28 of the skippable frame
    return head + CHECK.pack(zlib.crc32(head)) + packed


def blocks(content: bytes) -> Iterator[Block | Damaged]:
    """Yield every block whose header is sound, in order, and what is damaged between them."""
    at = expected = 0
    complete = told = False
    while at < len(content):
        block = _header(content, at)
        if block is None or complete:
            yield Damaged(expected, f"bytes from {at} on are no block: they are skipped")
            told, complete = True, False
            at = _next(content, at + 1)
            continue
        if block.offset != expected and not told:
            yield Damaged(expected, f"{block.offset - expected} bytes of lines are missing")
        told, expected = False, block.offset + block.plain
        if block.plain == 0:
            complete = True
        yield block
        at = block.end
        if at > len(content):
            break
    if not complete:
        yield Damaged(expected, "the end of the file is missing: it was cut")


def unpacked(content: bytes, block: Block) -> bytes | Damaged:
    """Return the lines of a block, or what is wrong with it."""
    packed = content[block.at + HEADER : block.end]
    if zlib.crc32(packed) == block.crc and block.plain <= MOST_BLOCK:
        zstd = zstandard()
        try:
            if zstd.frame_content_size(packed) == block.plain:
                return zstd.ZstdDecompressor().decompress(packed)
        except zstd.ZstdError:
            pass
    return Damaged(block.offset, f"a block of {block.plain} bytes does not match its checksum")


def legacy(path: Path) -> Iterator[bytes | Damaged]:
    """Yield the lines of a segment that was packed as one stream, as older versions did, up to its
    damage.
    """
    zstd = zstandard()
    stream, held, offset = zstd.ZstdDecompressor().decompressobj(), b"", 0
    problem = "the end of the file is missing: it was cut"
    with path.open("rb") as file:
        while piece := file.read(LEGACY_PIECE):
            try:
                held += stream.decompress(piece)
            except zstd.ZstdError as error:
                problem = f"the rest of the file is damaged: {error}"
                break
            *whole, held = held.split(b"\n")
            for line in whole:
                yield line + b"\n"
                offset += len(line) + 1
            if stream.eof:
                return
    yield Damaged(offset, problem)


def _header(content: bytes, at: int) -> Block | None:
    """Read the header at a byte, None where there is no sound one."""
    head = content[at : at + HEADER]
    if len(head) < HEADER or not head.startswith(MARK):
        return None
    if CHECK.unpack(head[-CHECK.size :])[0] != zlib.crc32(head[: -CHECK.size]):
        return None
    offset, plain, packed, crc = FIELDS.unpack(head[len(MARK) : -CHECK.size])
    return Block(offset, plain, packed, crc, at)


def _next(content: bytes, at: int) -> int:
    """Find the next sound header, or the end."""
    while (at := content.find(MARK, at)) >= 0:
        if _header(content, at) is not None:
            return at
        at += 1
    return len(content)
