"""Programs that raise, at import and in the call, and one that cannot be parsed."""

from collections.abc import Iterator

from firsthand.audit.checks.programs.payloads.payload import Payload, build
from firsthand.audit.formats.programs import Program

ERRORS = (
    "Exception('x')",
    "AssertionError('x')",
    "ValueError('x')",
    "TypeError('x')",
    "NotImplementedError()",
    "StopIteration()",
    "RecursionError('x')",
    "MemoryError()",
    "TimeoutError('timed out')",
    "ImportError('x')",
    "KeyError('x')",
    "IndexError('x')",
    "SyntaxError('x')",
    "OSError('x')",
    "BaseException('x')",
    "GeneratorExit()",
    "KeyboardInterrupt()",
    "__import__('subprocess').TimeoutExpired('x', 1)",
    "__import__('unittest').SkipTest('x')",
    "__import__('pytest').skip.Exception('x')",
    "_Said()",
)
DISTINCT = ("AssertionError", "ValueError", "BaseException", "TimeoutExpired", "SkipTest")
"""Exceptions that graders treat differently; the others are mostly treated like `ValueError`."""
SAID = """\
class _Said(Exception):
    def __str__(self): return 'PASS OK passed 1.0 True'
    __repr__ = __str__
"""


def errors(program: Program) -> Iterator[Payload]:
    """Yield the programs."""
    for error in ERRORS:
        head = SAID if "_Said" in error else ""
        short = error.split("').")[-1].split("(")[0]
        called = build(program, f"raise {error}", head=head)
        name = f"{short} raised in the call"
        yield Payload("exception", name, called, variation=short not in DISTINCT)
        loaded = program.put(f"{head}raise {error}")
        name = f"{short} raised at import"
        yield Payload("exception", name, loaded, variation=short != "ValueError")
    yield Payload("exception", "a program that does not parse", program.put("def ("))
