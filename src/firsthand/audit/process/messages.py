"""What the auditor and a worker say to each other: orders, and frames of bytes with their length."""

import struct
from typing import Any, BinaryIO

import msgspec

from firsthand.audit.targets.protocol import Play


class Request(msgspec.Struct, frozen=True, tag=True):
    """Play these one after the other, or, `together`, interleaved step by step."""

    plays: list[Play]
    together: bool = False


class Look(msgspec.Struct, frozen=True, tag=True):
    """Tell the instances with these seeds, with or without asking their oracles."""

    seeds: list[int]
    oracles: bool = True


class Moves(msgspec.Struct, frozen=True, tag=True):
    """Tell the legal moves after each of these plays."""

    plays: list[Play]


Order = Request | Look | Moves


def send(pipe: BinaryIO, frame: bytes) -> None:
    """Write one frame."""
    pipe.write(struct.pack("<I", len(frame)) + frame)
    pipe.flush()


def receive(pipe: Any) -> bytes | None:
    """Read one frame; None at the end."""
    head = pipe.read(4)
    if len(head) < 4:
        return None
    return pipe.read(struct.unpack("<I", head)[0])
