"""Values of cells, read and compared as office programs do.

An empty cell is 0 or an empty text, arithmetic reads a text that is a number as one, errors such
as #N/A spread to what depends on them, and comparisons of text ignore case.
"""

import fnmatch
import math
import operator
import re
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

LONGEST_TEXT = 1000
"""Characters that a computed text may have."""


class Problem(NamedTuple):
    """An error as a value, e.g. `#DIV/0!`."""

    code: str


Value: TypeAlias = float | str | bool | Problem | None
"""What a cell holds when it is computed; None: it is empty."""


class Block(NamedTuple):
    """Values in rows of equal length."""

    rows: tuple[tuple[Value, ...], ...]

    @property
    def values(self) -> list[Value]:
        """Every value, row by row."""
        return [value for row in self.rows for value in row]

    @property
    def shape(self) -> tuple[int, int]:
        """The numbers of rows and columns."""
        return len(self.rows), len(self.rows[0])


Content: TypeAlias = float | int | str
"""What is typed into a cell: a number, a text, or a formula, which begins with `=`."""
Result: TypeAlias = Value | Block

NOT_AVAILABLE, WRONG_VALUE = Problem("#N/A"), Problem("#VALUE!")
WRONG_NUMBER, NO_DIVISOR, NO_CELL = Problem("#NUM!"), Problem("#DIV/0!"), Problem("#REF!")


class Stop(Exception):
    """Ends a function early with an error as its value."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def single(result: Result) -> Value:
    """Take the one value of a range of one cell."""
    if isinstance(result, Block):
        return result.rows[0][0] if result.shape == (1, 1) else WRONG_VALUE
    return result


def block(result: Result) -> Block:
    """Take one value as a range of one cell."""
    return result if isinstance(result, Block) else Block(((result,),))


def bounded(result: Value) -> Value:
    """Make an error of what is too large for a cell."""
    if isinstance(result, float) and not math.isfinite(result):
        return WRONG_NUMBER
    return WRONG_VALUE if isinstance(result, str) and len(result) > LONGEST_TEXT else result


_NUMBER = re.compile(r"\s*[-+]?(\d{1,15}\.?\d{0,15}|\.\d{1,15})([eE][-+]?\d{1,2})?\s*(%?)\s*")


def number(value: Value) -> float:
    """Read a value as arithmetic does; a text must be a number."""
    if isinstance(value, Problem):
        raise Stop(value)
    if value is None:
        return 0.0
    if not isinstance(value, str):
        return float(value)
    if _NUMBER.fullmatch(value) is None:
        raise Stop(WRONG_VALUE)
    body = value.strip().removesuffix("%").strip()
    return float(body) / (100 if value.strip().endswith("%") else 1)


def text(value: Value) -> str:
    """Write a value as joining texts does."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, Problem):
        return value.code
    return value if isinstance(value, str) else f"{value:.15g}"


def truth(value: Value) -> bool:
    """Read a value as a condition does."""
    if isinstance(value, str) and value.upper() in ("TRUE", "FALSE"):
        return value.upper() == "TRUE"
    if isinstance(value, str):
        raise Stop(WRONG_VALUE)
    return number(value) != 0


def rank(value: Value, beside: Value) -> tuple[int, float | str]:
    """Order values as comparing does: numbers, then texts, then FALSE and TRUE."""
    if value is None:
        value = "" if isinstance(beside, str) else False if isinstance(beside, bool) else 0.0
    if isinstance(value, bool):
        return 2, float(value)
    return (1, value.casefold()) if isinstance(value, str) else (0, number(value))


_RELATIONS = {"<=": operator.le, ">=": operator.ge, "<>": operator.ne, "<": operator.lt,
              ">": operator.gt, "=": operator.eq}  # fmt: skip


def meets(criterion: Value) -> Callable[[Value], bool]:
    """Read a criterion of SUMIF and its like: a value, or a text such as ">=10" or "No*"."""
    sign, wanted = "=", criterion
    if isinstance(criterion, str):
        sign = next((one for one in _RELATIONS if criterion.startswith(one)), "")
        wanted, sign = criterion[len(sign) :], sign or "="
    if isinstance(wanted, str) and _NUMBER.fullmatch(wanted):
        wanted = number(wanted)
    relation = _RELATIONS[sign]
    if isinstance(wanted, str):
        return _text_meets(sign, wanted)

    def meets(value: Value) -> bool:
        if isinstance(value, str) and sign in ("=", "<>") and _NUMBER.fullmatch(value):
            value = number(value)
        alike = isinstance(value, float) and not isinstance(wanted, bool)
        if not alike and type(value) is not type(wanted):
            return sign == "<>"
        return relation(rank(value, wanted), rank(wanted, value))

    return meets


def _text_meets(sign: str, wanted: str) -> Callable[[Value], bool]:
    if sign in ("=", "<>"):
        pattern = re.compile(
            fnmatch.translate(wanted.casefold().replace("[", "[[]")), flags=re.DOTALL
        )
        return lambda value: (
            (
                (value in (None, "") if not wanted else isinstance(value, str))
                and pattern.match(text(value).casefold()) is not None
            )
            == (sign == "=")
        )
    relation = _RELATIONS[sign]
    return lambda value: isinstance(value, str) and relation(value.casefold(), wanted.casefold())
