"""Run programs on inputs and write down what they return: a script, run by `reference_runs`.

It reads `(programs, name, inputs)` as a Python literal and writes one row of texts for each
program. A text is the value returned; `!` begins an exception, `!hang` is a call that does not end,
and `?` a call that was not made. Lines of the programs are counted, so that a busy machine changes
nothing; processor time only stops what Python cannot count, such as one endless call of a library.
"""

import ast
import copy
import itertools
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, cast

MEMORY = 1 << 30
WRITTEN = 64 << 20
LINES = 200_000
"""Lines after which a call does not end."""
ALL_LINES = 12_000_000
"""Lines of all calls together: about three seconds."""
RUNAWAY = 2.0
"""Seconds of processor time of one call; 200,000 lines take a twentieth of it."""
HANGS = 2
"""Calls that do not end, after which a program is called no more."""
NAME = "submission"


class Endless(BaseException):
    """A call does not end."""


class Lines:
    """Counts the lines that the programs run, and ends a call that runs too many."""

    def __init__(self) -> None:
        self.call = self.all = 0

    def begin(self) -> None:
        """Count for a new call."""
        self.all += self.call
        self.call = 0

    def trace(self, frame: FrameType, event: str, _: Any) -> "Callable[..., Any] | None":
        """Count a line; a trace function of Python."""
        if frame.f_code.co_filename != NAME:
            return None
        self.call += event == "line"
        if self.call > LINES:
            raise Endless
        return self.trace


def told(value: Any, depth: int = 0) -> str:
    """Write a value so that equal values have equal texts, and 1, 1.0 and True different ones."""
    if isinstance(value, float):
        return f"f{value:.9g}"
    if isinstance(value, (list, tuple)) and depth < 6:
        cells = cast("list[Any]", value)
        inside = ",".join(told(item, depth + 1) for item in cells)
        return f"{type(cells).__name__}({inside})"
    if isinstance(value, (set, frozenset)):
        members = cast("set[Any]", value)
        return f"set({','.join(sorted(told(item, 6) for item in members))})"
    if isinstance(value, dict):
        items = cast("dict[Any, Any]", value).items()
        pairs = sorted(f"{told(key, 6)}:{told(item, depth + 1)}" for key, item in items)
        return f"dict({','.join(pairs)})"
    if hasattr(cast("Any", value), "__next__"):
        generated = cast("Iterator[Any]", value)
        return told(list(itertools.islice(generated, 100)))
    return repr(cast("Any", value))[:2000]


def called(lines: Lines, function: Callable[..., Any], arguments: tuple[Any, ...]) -> str:
    """Call a function and return what it returned, or the exception that it raised."""
    arguments = copy.deepcopy(arguments)
    lines.begin()
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, RUNAWAY)
        sys.settrace(lines.trace)
        value = function(*arguments)
        said = told(value)
        return f"{said} after {told(arguments)}" if value is None else said
    except Endless:
        return "!hang"
    except BaseException as error:
        return f"!{type(error).__name__}"
    finally:
        sys.settrace(None)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def row(lines: Lines, code: str, name: str, inputs: list[tuple[Any, ...]]) -> list[str]:
    """Run one program on all inputs."""
    space: dict[str, Any] = {"__name__": NAME}

    def load() -> None:
        exec(compile(code, NAME, "exec"), space)

    if called(lines, load, ()).startswith("!") or name not in space:
        return ["!load"] * len(inputs)
    results: list[str] = []
    for arguments in inputs:
        if results.count("!hang") >= HANGS or lines.all > ALL_LINES:
            results.append("?")
        else:
            results.append(called(lines, space[name], arguments))
    return results


def endless(*_: object) -> None:
    """End a call that has used too much processor time; a signal handler."""
    raise Endless


def main() -> None:
    """Read the order from standard input, and write the rows to standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (WRITTEN, WRITTEN))
    codes, name, inputs = ast.literal_eval(sys.stdin.read())
    out = os.fdopen(os.dup(1), "w")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    signal.signal(signal.SIGVTALRM, endless)
    lines = Lines()
    out.write(repr([row(lines, code, name, inputs) for code in codes]))
    out.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
