"""The functions and operators of a spreadsheet.

Those of single values serve ranges too, place by place, as in SUMPRODUCT((B2:B9=D1)*C2:C9); totals
over cells leave texts out, numbers that were entered as text among them. Left out: dates, and
whatever needs the cell that asks.
"""

import math
import operator
from collections.abc import Callable, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal

from firsthand.worlds.office.cell_values import (
    NO_CELL,
    NO_DIVISOR,
    NOT_AVAILABLE,
    WRONG_NUMBER,
    WRONG_VALUE,
    Block,
    Problem,
    Result,
    Stop,
    Value,
    block,
    meets,
    number,
    rank,
    single,
    text,
    truth,
)


def _compares(
    relation: Callable[[tuple[int, float | str], tuple[int, float | str]], bool],
) -> Callable[[Value, Value], Value]:
    return lambda one, other: relation(rank(one, other), rank(other, one))


def _numeric(function: Callable[..., float]) -> Callable[..., Value]:
    return lambda *values: float(function(*map(number, values)))


def _plus(one: float, other: float) -> float:
    return one + other


def _minus(one: float, other: float) -> float:
    return one - other


def _times(one: float, other: float) -> float:
    return one * other


def _divided(one: float, other: float) -> float:
    return one / other


def _negated(value: float) -> float:
    return -value


def _hundredth(value: float) -> float:
    return value / 100


def _remainder(value: float, divisor: float) -> float:
    return value - divisor * math.floor(value / divisor)


def _joined(one: Value, other: Value) -> Value:
    return text(one) + text(other)


def _trimmed(value: Value) -> Value:
    return " ".join(text(value).split())


def _negation(value: Value) -> Value:
    return not truth(value)


def _is_number(value: Value) -> Value:
    return isinstance(value, float)


def _is_text(value: Value) -> Value:
    return isinstance(value, str)


def _power(base: float, exponent: float) -> float:
    if (base == 0 and exponent == 0) or (base < 0 and exponent != int(exponent)):
        raise Stop(WRONG_NUMBER)
    return base**exponent


def _rounds(mode: str) -> Callable[..., float]:
    """Round the decimal number that is meant: 2.675 to 2.68, though its binary form is less."""

    def rounded(value: float, places: float = 0.0) -> float:
        if abs(places) > 15:
            raise Stop(WRONG_NUMBER)
        unit = Decimal(1).scaleb(-int(places))
        return float((Decimal(f"{value:.15g}") / unit).quantize(Decimal(1), rounding=mode) * unit)

    return rounded


def _condition(condition: Value, yes: Value, no: Value = False) -> Value:
    chosen = yes if truth(condition) else no
    return 0.0 if chosen is None else chosen


def _if_error(value: Value, otherwise: Value) -> Value:
    return otherwise if isinstance(value, Problem) else value


def _if_missing(value: Value, otherwise: Value) -> Value:
    return otherwise if value == NOT_AVAILABLE else value


def _is_error(value: Value) -> Value:
    return isinstance(value, Problem)


TAKES_ERRORS = (_condition, _if_error, _if_missing, _is_error, _is_number, _is_text)
"""Functions that see an error as a value; all others pass it on."""
SCALAR: dict[str, Callable[..., Value]] = {
    "+": _numeric(_plus),
    "-": _numeric(_minus),
    "*": _numeric(_times),
    "/": _numeric(_divided),
    "^": _numeric(_power),
    "%": _numeric(_hundredth),
    "negate": _numeric(_negated),
    "&": _joined,
    "=": _compares(operator.eq),
    "<>": _compares(operator.ne),
    "<": _compares(operator.lt),
    ">": _compares(operator.gt),
    "<=": _compares(operator.le),
    ">=": _compares(operator.ge),
    "ABS": _numeric(math.fabs),
    "IF": _condition,
    "IFERROR": _if_error,
    "IFNA": _if_missing,
    "INT": _numeric(math.floor),
    "ISERROR": _is_error,
    "ISNUMBER": _is_number,
    "ISTEXT": _is_text,
    "MOD": _numeric(_remainder),
    "NOT": _negation,
    "ROUND": _numeric(_rounds(ROUND_HALF_UP)),
    "ROUNDDOWN": _numeric(_rounds(ROUND_DOWN)),
    "ROUNDUP": _numeric(_rounds(ROUND_UP)),
    "TRIM": _trimmed,
    "VALUE": number,
}


def _numbers(arguments: Sequence[Result]) -> list[float]:
    """What totals are made of: in cells only numbers count, arguments themselves must be some."""
    found: list[float] = []
    for argument in arguments:
        if not isinstance(argument, Block):
            found.append(number(argument))
            continue
        for value in argument.values:
            if isinstance(value, Problem):
                raise Stop(value)
            if isinstance(value, float):
                found.append(value)
    return found


def _mean(values: Sequence[float]) -> float:
    if not values:
        raise Stop(NO_DIVISOR)
    return math.fsum(values) / len(values)


def _truths(arguments: Sequence[Result]) -> list[bool]:
    values = [value for one in arguments for value in block(one).values]
    found = [truth(value) for value in values if value is not None and not isinstance(value, str)]
    if not found:
        raise Stop(WRONG_VALUE)
    return found


def _sum_product(arguments: Sequence[Result]) -> Value:
    blocks = [block(one) for one in arguments]
    if len({one.shape for one in blocks}) > 1:
        return WRONG_VALUE
    for one in blocks:
        for value in one.values:
            if isinstance(value, Problem):
                return value
    rows = zip(*(one.values for one in blocks), strict=True)
    return math.fsum(
        math.prod(value if isinstance(value, float) else 0.0 for value in row) for row in rows
    )


def _chosen(figures: Result, conditions: Sequence[Result]) -> list[Value]:
    """The values at whose places every condition (a range and a criterion each) holds."""
    values = block(figures)
    kept = [True] * len(values.values)
    for area, criterion in zip(conditions[::2], conditions[1::2], strict=True):
        if block(area).shape != values.shape:
            raise Stop(WRONG_VALUE)
        holds = meets(single(criterion))
        kept = [keep and holds(value) for keep, value in zip(kept, block(area).values, strict=True)]
    return [value for keep, value in zip(kept, values.values, strict=True) if keep]


def _conditional(
    result: Callable[[list[float]], float], *, figures: int, single: bool = False
) -> Callable[[Sequence[Result]], Result]:
    """Make SUMIF (`single`: figures come last and may be left out) or SUMIFS (they come first)."""

    def function(arguments: Sequence[Result]) -> Result:
        if single:
            chosen = _chosen(arguments[-1 if len(arguments) == 3 else 0], arguments[:2])
        elif len(arguments) % 2 != figures:
            return WRONG_VALUE
        else:
            chosen = _chosen(arguments[0], arguments[figures:])
        if not figures:
            return float(len(chosen))
        return result(_numbers([Block((tuple(chosen),))]) if chosen else [])

    return function


def _find(wanted: Value, values: Sequence[Value], kind: float) -> int:
    """The place of a value: equal (0), or of sorted ones the last that is not beyond it."""
    if isinstance(wanted, Problem):
        raise Stop(wanted)
    if kind == 0:
        like = meets("=" + wanted) if isinstance(wanted, str) and wanted else None
        for place, value in enumerate(values):
            same = rank(value, wanted) == rank(wanted, value) and value is not None
            if like(value) if like and isinstance(value, str) else same:
                return place
        raise Stop(NOT_AVAILABLE)
    relation = operator.le if kind > 0 else operator.ge
    found = -1
    for place, value in enumerate(values):
        if value is None or isinstance(value, Problem):
            continue
        mine, its = rank(wanted, value), rank(value, wanted)
        if mine[0] == its[0] and relation(its, mine):
            found = place
    if found < 0:
        raise Stop(NOT_AVAILABLE)
    return found


def _option(arguments: Sequence[Result], place: int, default: float) -> float:
    return number(single(arguments[place])) if len(arguments) > place else default


def _vlookup(arguments: Sequence[Result]) -> Value:
    table, column = block(arguments[1]), int(number(single(arguments[2])))
    if column < 1:
        return WRONG_VALUE
    if column > table.shape[1]:
        return NO_CELL
    kind = 1.0 if _option(arguments, 3, 1.0) else 0.0
    place = _find(single(arguments[0]), [row[0] for row in table.rows], kind)
    return table.rows[place][column - 1]


def _match(arguments: Sequence[Result]) -> Value:
    values = block(arguments[1])
    if 1 not in values.shape:
        return NOT_AVAILABLE
    return 1.0 + _find(single(arguments[0]), values.values, _option(arguments, 2, 1.0))


def _xlookup(arguments: Sequence[Result]) -> Value:
    keys, found = block(arguments[1]), block(arguments[2])
    if 1 not in keys.shape or keys.shape != found.shape:
        return WRONG_VALUE
    kind = -_option(arguments, 4, 0.0)  # -1 asks for the next smaller one here
    try:
        return found.values[_find(single(arguments[0]), keys.values, kind)]
    except Stop as stop:
        if stop.problem != NOT_AVAILABLE or len(arguments) < 4 or arguments[3] is None:
            raise
        return single(arguments[3])


def _index(arguments: Sequence[Result]) -> Value:
    table, row = block(arguments[0]), int(number(single(arguments[1])))
    column = int(_option(arguments, 2, 1.0))
    height, width = table.shape
    if height == 1 and len(arguments) == 2:
        row, column = 1, row
    if row < 1 or column < 1:
        return WRONG_VALUE
    return table.rows[row - 1][column - 1] if row <= height and column <= width else NO_CELL


def _least(values: Sequence[float]) -> float:
    return min(values, default=0.0)


def _greatest(values: Sequence[float]) -> float:
    return max(values, default=0.0)


WHOLE: dict[str, Callable[[Sequence[Result]], Result]] = {
    "AND": lambda arguments: all(_truths(arguments)),
    "AVERAGE": lambda arguments: _mean(_numbers(arguments)),
    "AVERAGEIF": _conditional(_mean, figures=1, single=True),
    "AVERAGEIFS": _conditional(_mean, figures=1),
    "COUNT": lambda arguments: float(
        sum(isinstance(value, float) for one in arguments for value in block(one).values)
    ),
    "COUNTA": lambda arguments: float(
        sum(value is not None for one in arguments for value in block(one).values)
    ),
    "COUNTIF": _conditional(math.fsum, figures=0, single=True),
    "COUNTIFS": _conditional(math.fsum, figures=0),
    "INDEX": _index,
    "MATCH": _match,
    "MAX": lambda arguments: _greatest(_numbers(arguments)),
    "MAXIFS": _conditional(_greatest, figures=1),
    "MIN": lambda arguments: _least(_numbers(arguments)),
    "MINIFS": _conditional(_least, figures=1),
    "OR": lambda arguments: any(_truths(arguments)),
    "SUM": lambda arguments: math.fsum(_numbers(arguments)),
    "SUMIF": _conditional(math.fsum, figures=1, single=True),
    "SUMIFS": _conditional(math.fsum, figures=1),
    "SUMPRODUCT": _sum_product,
    "VLOOKUP": _vlookup,
    "XLOOKUP": _xlookup,
}

MANY = 99
ARITIES: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("+", "-", "*", "/", "^", "&", "=", "<>", "<", ">", "<=", ">="), (2, 2)),
    **dict.fromkeys(("%", "negate", "ABS", "INT", "ISERROR", "ISNUMBER", "ISTEXT"), (1, 1)),
    **dict.fromkeys(("NOT", "TRIM", "VALUE"), (1, 1)),
    **dict.fromkeys(("IFERROR", "IFNA", "MOD", "ROUNDDOWN", "ROUNDUP", "ROUND"), (2, 2)),
    **dict.fromkeys(("AND", "OR", "SUM", "AVERAGE", "COUNT", "COUNTA", "MIN", "MAX"), (1, MANY)),
    **dict.fromkeys(("AVERAGEIF", "SUMIF", "INDEX", "MATCH"), (2, 3)),
    **dict.fromkeys(("AVERAGEIFS", "SUMIFS", "MAXIFS", "MINIFS"), (3, MANY)),
    "IF": (2, 3), "COUNTIF": (2, 2), "COUNTIFS": (2, MANY), "SUMPRODUCT": (1, MANY),
    "VLOOKUP": (3, 4), "XLOOKUP": (3, 5),
}  # fmt: skip
FUNCTIONS = tuple(sorted(name for name in ARITIES if name.isupper()))
"""Every function that can be called."""
