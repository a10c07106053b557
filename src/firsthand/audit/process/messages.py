"""What the auditor and a worker say to each other: orders, and answers with the order's number."""

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


class Interference(msgspec.Struct, frozen=True, tag=True):
    """The worker found that the target had changed the worker itself."""

    what: str


INTERFERENCE = 2**63
"""Number of a message that answers no order: an `Interference`."""
