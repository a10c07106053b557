"""Bodies of HTTP replies, bounded before and after decompression.

A server that is broken or hostile may send without end, or a few hundred kilobytes that unpack to
gigabytes. Left out: brotli and zstd, which are not asked for.
"""

import zlib

import aiohttp

from firsthand.errors import EndpointError

MEBIBYTE = 1 << 20

MOST_BYTES = 8 * MEBIBYTE
"""Most bytes of a reply, packed and unpacked: 30,000 tokens with their log-probabilities."""

MOST_ERROR_BYTES = 64 << 10
"""Most bytes that are read of an error's body; the rest is dropped."""


class TooLarge(EndpointError):
    """A reply is larger than any sensible one. Asking again would get another."""


class Damaged(EndpointError):
    """A reply cannot be read; the next one may be whole."""


async def read(response: aiohttp.ClientResponse) -> bytes:
    """Return the unpacked body. Raises `TooLarge`, and `Damaged` when it cannot be unpacked.

    The session must not unpack by itself (`auto_decompress=False`).
    """
    whole = response.status == 200
    most = MOST_BYTES if whole else MOST_ERROR_BYTES
    raw = bytearray()
    async for chunk in response.content.iter_any():
        raw += chunk
        if len(raw) > most:
            response.close()
            if whole:
                raise TooLarge(f"The reply is larger than {most // MEBIBYTE} MiB.")
            break
    try:
        body = unpacked(bytes(raw[: most + 1]), response.headers.get("Content-Encoding", ""), most)
    except Damaged:
        if whole:
            raise
        return b"(a body that cannot be unpacked)"
    if whole and len(body) > most:
        raise TooLarge(f"The reply unpacks to more than {most // MEBIBYTE} MiB.")
    return body[:most]


def unpacked(raw: bytes, encoding: str, most: int = MOST_BYTES) -> bytes:
    """Return at most `most` + 1 bytes of what was packed as gzip or deflate. Raises `Damaged`."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity") or not raw:
        return raw
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise Damaged(f"The reply is packed with {encoding!r}, which was not asked for.")
    for bits in (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS):  # with a header of either kind, or bare
        packed = zlib.decompressobj(bits)
        try:
            body = packed.decompress(raw, most + 1)
        except zlib.error:
            continue
        if packed.eof or len(body) > most:
            return body
        raise Damaged(f"The reply is packed with {encoding} and ends too early.")
    raise Damaged(f"The reply says that it is packed with {encoding}, and is not.")
