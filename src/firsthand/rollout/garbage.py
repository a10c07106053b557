"""Garbage collections less often, while many episodes are in flight.

Each collection walks all that is in flight, and finds nothing: a turn leaves no reference cycles
behind. At 2,048 episodes it doubled the price of a model turn (benchmarks/overhead.py), with 512
sessions it was a third of the price of a turn over MCP (benchmarks/serve.py: 1.00 to 0.63 ms, for
6 MB more).
"""

import gc
from collections.abc import Generator
from contextlib import contextmanager

RARE_COLLECTIONS = 200_000
"""How many more objects there are between two garbage collections: tens of megabytes."""


@contextmanager
def rare_collections() -> Generator[None]:
    """Let garbage collections wait for more objects while the block runs."""
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], RARE_COLLECTIONS), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
