"""The messages between a process and its workers: a number, a length, and that many bytes.

The number binds an answer to its request. The length is bounded before anything is allocated,
because the other side may be hostile.
"""

import socket
import struct
import time
from collections.abc import Awaitable, Callable

HEADER = struct.Struct("<QI")
"""Number of the message, length of its body in bytes."""
LIMIT = 64 << 20
"""Most bytes of a body, unless a caller says otherwise."""
PART = 1 << 20
"""Most bytes asked of the kernel at a time: memory grows with what arrives, not with what is
announced.
"""


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
    """Send one message. Raises `TimeoutError` when not taken before the deadline, `OSError`."""
    _wait_until(channel, deadline)
    channel.sendall(frame(number, body))


async def receive_async(
    exactly: Callable[[int], Awaitable[bytes]], *, limit: int = LIMIT
) -> tuple[int, bytes]:
    """Receive one message from what reads `exactly` so many bytes, as `StreamReader.readexactly`
    does.

    Raises `BadFrame`, `asyncio.IncompleteReadError` at the end, `OSError`.
    """
    number, length = HEADER.unpack(await exactly(HEADER.size))
    _check(length, limit)
    return number, await exactly(length)


def _check(length: int, limit: int) -> None:
    if length > limit:
        raise BadFrame(f"a message of {length} bytes was announced; at most {limit} are taken")


def _exactly(channel: socket.socket, size: int, deadline: float | None) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        _wait_until(channel, deadline)
        part = channel.recv(min(size - len(parts), PART))
        if not part:
            break
        parts += part
    return bytes(parts)


def _wait_until(channel: socket.socket, deadline: float | None) -> None:
    left = None if deadline is None else deadline - time.monotonic()
    if left is not None and left <= 0:
        raise TimeoutError
    if left != channel.gettimeout():  # setting it is a system call
        channel.settimeout(left)
