"""Lines: one episode each, as JSON whose last field is a checksum over all that comes before it.

    {"schema":1,"id":"…", … ,"crc32":"1f0a9c3e"}

A line of a segment that promises checksums is never believed without one, so that a flipped bit
cannot return an altered episode. Lines of older segments have none and are believed when they can
be decoded.
"""

import zlib
from collections.abc import Iterator

import msgspec

from firsthand.episode import Episode, decode, encode, redacted
from firsthand.errors import Unstorable
from firsthand.secrets import leaks

SEAL = b',"crc32":"'
SEALED = len(SEAL) + 8 + len(b'"}')
"""How many bytes the checksum takes at the end of a line."""

NO_JSON = (UnicodeEncodeError, TypeError, ValueError, OverflowError, RecursionError)
"""What encoding an episode may raise that JSON cannot hold."""

NO_EPISODE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding a spoilt line may raise."""


class Spoilt(Exception):
    """A line that is whole and yet no episode, or not the one that was written."""


def line_of(episode: Episode) -> bytes:
    """Encode an episode as a line with its checksum. Raises `Unstorable` when it could not be read
    back.
    """
    try:
        whole = encode(episode)
        if decode(whole) != episode:
            raise ValueError("read back, it is not the same: a list for a tuple, or nan")
        line = encode(redacted(episode)) if leaks(whole.decode()) else whole
    except (*NO_JSON, msgspec.MsgspecError) as error:
        raise Unstorable(
            f"Episode {episode.id} of {episode.task.id} cannot be stored: {error}"
        ) from error
    inner = line[:-1]
    return b'%b,"crc32":"%08x"}\n' % (inner, zlib.crc32(inner))


def episode_of(line: bytes, *, checked: bool) -> Episode:
    """Decode a line; with `checked` it must carry the right checksum. Raises `Spoilt`."""
    if checked and not sealed(line):
        raise Spoilt("its checksum is missing or does not match")
    try:
        return decode(line)
    except NO_EPISODE as error:
        raise Spoilt(str(error)) from None


def sealed(line: bytes) -> bool:
    """Say whether a line, with or without newline, ends with the checksum of what precedes it."""
    line = line.removesuffix(b"\n")
    inner, seal = line[:-SEALED], line[-SEALED:]
    return seal == b'%b%08x"}' % (SEAL, zlib.crc32(inner))


def split(line: bytes, start: int, *, checked: bool) -> Iterator[tuple[int, bytes]]:
    """Yield a line with its offset, or the lines that became one because the newline between them
    was damaged.
    """
    if checked and not sealed(line):
        while (found := line.find(SEAL)) >= 0:
            end = found + SEALED
            if end + 1 >= len(line) or not sealed(line[:end]):
                break
            yield start, line[:end]
            start, line = start + end + 1, line[end + 1 :]
    yield start, line
