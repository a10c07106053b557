"""What a statement costs, counted so that the same statement costs the same everywhere.

SQLite counts the instructions of its virtual machine, but one instruction may call a function that
reads 50,000 characters 50,000 times. Such functions are replaced by ones that first add what they
are about to cost, in the same unit, and then ask SQLite's own function on another connection:
results stay SQLite's.
"""

import itertools
import sqlite3
from collections.abc import Callable
from typing import Any

STEPS = 2_000_000
"""Most virtual-machine instructions a statement may take: some tenths of a second."""
EVERY = 1000
"""Instructions between two looks at the count."""
BYTES = 64
"""Bytes that a function passes over once in the time of one instruction; chosen, not measured."""


class TooExpensive(Exception):
    """The statement has reached the limit."""


class Meter:
    """Counts what one statement costs."""

    def __init__(self, most: int = STEPS) -> None:
        self.most, self.spent = most, 0
        self.failed: Exception | None = None

    def tick(self) -> bool:
        """Count `EVERY` instructions; True stops the statement."""
        self.spent += EVERY
        return self.exceeded

    @property
    def exceeded(self) -> bool:
        """Whether the statement costs more than it may."""
        return self.spent > self.most

    def charge(self, steps: int) -> None:
        """Add a function's cost before it runs. Raises `TooExpensive`."""
        self.spent += steps
        if self.exceeded:
            raise TooExpensive


def install(connection: sqlite3.Connection, plain: sqlite3.Connection, meter: Meter) -> None:
    """Count everything that `connection` does from now on; functions run on `plain`."""
    connection.set_progress_handler(meter.tick, EVERY)
    for (name, arguments), cost in COSTS.items():
        places = ", ".join("?" * arguments)
        function = _metered(meter, plain, f"SELECT {name}({places})", cost)
        connection.create_function(name, arguments, function, deterministic=True)


def _metered(
    meter: Meter, plain: sqlite3.Connection, call: str, cost: Callable[..., int]
) -> Callable[..., Any]:
    def function(*arguments: Any) -> Any:
        try:
            meter.charge(cost(*map(_length, arguments)))
            return plain.execute(call, arguments).fetchone()[0]
        except Exception as error:  # sqlite3 keeps only that something was raised
            meter.failed = meter.failed or error
            raise

    return function


def _length(value: Any) -> int:
    return len(value) if isinstance(value, (str, bytes)) else 24


def _once(text: int, *_rest: int) -> int:
    return text // BYTES


def _search(text: int, wanted: int, *_rest: int) -> int:
    """Cost of comparing `wanted` at each place of `text`: 32 bytes at a time."""
    return text * (32 + wanted) // (32 * BYTES)


def _match(pattern: int, text: int, *_rest: int) -> int:
    return text * (1 + pattern) // 16


def _trim(text: int, characters: int = 1) -> int:
    return text * (8 + characters) // (8 * BYTES)


COSTS: dict[tuple[str, int], Callable[..., int]] = {
    ("instr", 2): _search,
    ("replace", 3): _search,
    ("like", 2): _match,
    ("like", 3): _match,
    ("glob", 2): _match,
    **dict.fromkeys(itertools.product(("trim", "ltrim", "rtrim"), (1, 2)), _trim),
    **{(name, 1): _once for name in ("hex", "upper", "lower", "length", "unicode")},
    **dict.fromkeys(itertools.product(("substr", "substring"), (2, 3)), _once),
}
"""Functions whose time grows with their arguments, by name and number of arguments."""
