"""The messages between a process and its workers: a number, a length, and that many bytes.

The number binds an answer to its request. The length is bounded before anything is allocated, because the
other side may be hostile.
"""

import asyncio
import socket
import struct
import time

HEADER = struct.Struct("<QI")
"""Number of the message, length of its body in bytes."""
LIMIT = 64 << 20
"""Most bytes of a body, unless a caller says otherwise."""
PART = 1 << 20
"""Most bytes asked of the kernel at a time: memory grows with what arrives, not with what is announced."""


class BadFrame(Exception):
    """What arrived is no frame: too long, or cut off in the middle."""


def frame(number: int, body: bytes) -> bytes:
    """Return a message as it is sent."""
    return HEADER.pack(number, len(body)) + body


def receive(
    channel: socket.socket, *, limit: int = LIMIT, deadline: float | None = None
) -> tuple[int, bytes] | None:
    """Receive one message; None when the other side has closed.

    `deadline` is on the monotonic clock. Raises `TimeoutError` after it, `BadFrame`, `OSError`.
    """
    head = _exactly(channel, HEADER.size, deadline)
    if not head:
        return None
    if len(head) < HEADER.size:
        raise BadFrame("the connection ended within a message")
    number, length = HEADER.unpack(head)
    _check(length, limit)
    body = _exactly(channel, length, deadline)
    if len(body) < length:
        raise BadFrame("the connection ended within a message")
    return number, body


def send(
    channel: socket.socket, number: int, body: bytes, *, deadline: float | None = None
) -> None:
    """Send one message. Raises `TimeoutError` when it is not taken before the deadline, `OSError`."""
    channel.settimeout(_left(deadline))
    channel.sendall(frame(number, body))


async def receive_async(reader: asyncio.StreamReader, *, limit: int = LIMIT) -> tuple[int, bytes]:
    """Receive one message. Raises `BadFrame`, `asyncio.IncompleteReadError` at the end, `OSError`."""
    number, length = HEADER.unpack(await reader.readexactly(HEADER.size))
    _check(length, limit)
    return number, await reader.readexactly(length)


def _check(length: int, limit: int) -> None:
    if length > limit:
        raise BadFrame(f"a message of {length} bytes was announced; at most {limit} are taken")


def _exactly(channel: socket.socket, size: int, deadline: float | None) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        channel.settimeout(_left(deadline))
        part = channel.recv(min(size - len(parts), PART))
        if not part:
            break
        parts += part
    return bytes(parts)


def _left(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
