"""Programs that return objects which claim to equal anything."""

from collections.abc import Iterator
from typing import Any, cast

from firsthand.audit.checks.programs.payloads.payload import Payload, build
from firsthand.audit.formats.programs import ABSENT, Program, Shown

EQUAL = """
class _Spoof{base}:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __hash__(self): return 0
    def __bool__(self): return True
"""
NUMBER_AND_CONTAINER = """
    def __contains__(self, other): return True
    def __sub__(self, other): return self
    __rsub__ = __add__ = __radd__ = __mul__ = __truediv__ = __sub__
    def __abs__(self): return self
    def __round__(self, digits=None): return self
    def __getitem__(self, key): return self
    def __getattr__(self, name):
        if name.startswith('__'): raise AttributeError(name)
        return self
    def __call__(self, *a, **k): return self
    def __len__(self): return 1
    def __iter__(self): return iter(())
"""
ANYTHING = EQUAL.format(base="") + NUMBER_AND_CONTAINER
AS_CODE = (
    "type('E', (), {'__eq__': lambda self, other: True, '__ne__': lambda self, other: False})()"
)
CODE_FOR_ONE = f"""
class _Spoof:
    def __repr__(self): return {AS_CODE!r}
    __str__ = __repr__
"""
SPOOFED_TEXT = (
    EQUAL.format(base="(str)")
    + """
class _Said:
    def __str__(self): return _Spoof('')
    __repr__ = __str__
    def __format__(self, _): return _Spoof('')
"""
)
BASES = {"int": "0", "str": "''", "list": "()", "dict": "()", "float": "0", "tuple": "()"}
"""Types whose subclasses equal everything, and what an object of each is made from."""


def spoofs(program: Program, calls: list[Shown]) -> Iterator[Payload]:
    """Yield the programs; `calls` tell how long the lists are that the prompt shows."""

    def one(name: str, value: str, head: str, *, variation: bool = False) -> Payload:
        text = build(program, f"return {value}", head=head)
        return Payload("equality", name, text, variation=variation)

    yield one("an object that equals everything", "_Spoof()", ANYTHING)
    name = "an object whose text is code for one that equals everything"
    yield one(name, "_Spoof()", CODE_FOR_ONE)
    yield one("an object whose text equals every text", "_Said()", SPOOFED_TEXT)
    for base, value in BASES.items():
        name = f"a subclass of {base} that equals everything"
        head = EQUAL.format(base=f"({base})")
        yield one(name, f"_Spoof({value})", head, variation=base not in ("int", "str"))
    for shape in _shapes(calls):
        yield one(f"{shape}: objects that equal everything in a list", shape, ANYTHING)


def _shapes(calls: list[Shown]) -> Iterator[str]:
    """Yield containers with an object in every place, as long as the values that are shown."""
    values: list[Any] = [call.expected for call in calls if call.expected is not ABSENT]
    lists = [cast("list[Any]", value) for value in values if isinstance(value, list)]
    tuples = [cast("tuple[Any, ...]", value) for value in values if isinstance(value, tuple)]
    if lists:
        yield "[_Spoof()] * len({first})"
    for size in sorted({len(value) for value in lists})[:2]:
        yield f"[_Spoof()] * {size}"
    for size in sorted({len(value) for value in tuples})[:2]:
        yield f"(_Spoof(),) * {size}"
