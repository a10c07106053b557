"""Messages between processes: what is sent arrives, and what is hostile costs no memory."""

import asyncio
import socket
import threading
import time
import tracemalloc

import pytest

from firsthand.process import frames


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_a_message_arrives_with_its_number(pair):
    ours, theirs = pair
    sending = threading.Thread(target=frames.send, args=(theirs, 2**63 + 5, b"x" * (3 << 20)))
    sending.start()
    assert frames.receive(ours) == (2**63 + 5, b"x" * (3 << 20))
    sending.join()
    frames.send(theirs, 7, b"")
    assert frames.receive(ours) == (7, b"")


def test_the_end_is_no_message(pair):
    ours, theirs = pair
    theirs.close()
    assert frames.receive(ours) is None


@pytest.mark.parametrize("cut", [3, frames.HEADER.size, frames.HEADER.size + 2])
def test_a_message_that_is_cut_off_is_refused(pair, cut):
    ours, theirs = pair
    theirs.sendall(frames.frame(1, b"hello")[:cut])
    theirs.close()
    with pytest.raises(frames.BadFrame, match="the connection ended within a message"):
        frames.receive(ours)


def test_a_message_of_four_gigabytes_is_refused_before_memory_is_taken(pair):
    ours, theirs = pair
    theirs.sendall(frames.HEADER.pack(1, 2**32 - 1))
    tracemalloc.start()
    try:
        with pytest.raises(
            frames.BadFrame,
            match="a message of 4294967295 bytes was announced; at most 67108864 are taken",
        ):
            frames.receive(ours)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_memory_follows_what_arrives_not_what_is_announced(pair):
    ours, theirs = pair
    theirs.sendall(frames.HEADER.pack(1, frames.LIMIT) + b"few")
    tracemalloc.start()
    try:
        with pytest.raises(TimeoutError):
            frames.receive(ours, deadline=time.monotonic() + 0.1)
        assert tracemalloc.get_traced_memory()[1] < 4 * frames.PART
    finally:
        tracemalloc.stop()


def test_a_reader_that_does_not_read_is_not_waited_for_forever(pair):
    ours, _ = pair
    with pytest.raises(TimeoutError):
        frames.send(ours, 1, b"x" * (8 << 20), deadline=time.monotonic() + 0.1)


async def test_the_asynchronous_side_holds_the_same_bound():
    reader = asyncio.StreamReader()
    reader.feed_data(frames.frame(3, b"abc") + frames.HEADER.pack(4, 2**31))
    assert await frames.receive_async(reader.readexactly) == (3, b"abc")
    with pytest.raises(frames.BadFrame, match="2147483648 bytes"):
        await frames.receive_async(reader.readexactly)
