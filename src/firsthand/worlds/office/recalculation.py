"""Recalculation of a sheet: every cell after the cells that it reads, in bounded work.

Ranges may stand in arithmetic. Left out: results that spill into further cells.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from firsthand.errors import nearest
from firsthand.worlds.office.cell_values import (
    NO_DIVISOR,
    NOT_AVAILABLE,
    WRONG_NUMBER,
    WRONG_VALUE,
    Block,
    Content,
    Problem,
    Result,
    Stop,
    Value,
    bounded,
    single,
)
from firsthand.worlds.office.formula import (
    Area,
    Call,
    Cell,
    Constant,
    FormulaError,
    Node,
    parse,
    read_cell,
    references,
)
from firsthand.worlds.office.functions import ARITIES, FUNCTIONS, MANY, SCALAR, TAKES_ERRORS, WHOLE

WORK = 300_000
"""Values that one recalculation may read or compute; a sheet of this family needs some 10,000."""


def is_formula(content: Content | None) -> bool:
    """Say whether a cell computes what it shows."""
    return isinstance(content, str) and content.startswith("=")


def check(formula: str) -> None:
    """Raise `FormulaError` when a formula cannot be read or calls what does not exist."""
    nodes = [parse(formula)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, Call):
            _check_call(node)
            nodes.extend(node.arguments)


def _check_call(call: Call) -> None:
    if call.function not in ARITIES:
        close = nearest(call.function, [name for name in ARITIES if name.isalpha()])
        hint = f" Did you mean {close}?" if close else ""
        raise FormulaError(
            f"No function is named {call.function}.{hint} There are: {', '.join(FUNCTIONS)}."
        )
    least, most = ARITIES[call.function]
    if not least <= len(call.arguments) <= most:
        wanted = f"{least} to {most}" if most < MANY else f"at least {least}"
        wanted = str(least) if least == most else wanted
        raise FormulaError(f"{call.function} takes {wanted} arguments, got {len(call.arguments)}.")


def recalculate(contents: Mapping[str, Content]) -> dict[str, Value]:
    """Compute every cell.

    Raises `FormulaError` when cells refer to each other in a circle, or the work is too much.
    """
    cells = {read_cell(name): content for name, content in contents.items()}
    sheet = _Sheet(cells)
    for cell in _order(cells):
        content = cells[cell]
        sheet.values[cell] = sheet.shown(str(content)) if is_formula(content) else _typed(content)
    return {cell.name: sheet.values[cell] for cell in cells}


def _typed(content: Content) -> Value:
    return content if isinstance(content, str) else float(content)


def _order(cells: Mapping[Cell, Content]) -> list[Cell]:
    """Return the cells so that each comes after what it reads; without recursion."""
    order: list[Cell] = []
    seen: set[Cell] = set()
    for start in cells:
        path: dict[Cell, Iterator[Cell]] = {}
        _enter(start, cells, path, seen)
        while path:
            cell = next(reversed(path))
            following = next(path[cell], None)
            if following is None:
                del path[cell]
                seen.add(cell)
                order.append(cell)
            elif following in path:
                names = [one.name for one in path]
                circle = [*names[names.index(following.name) :], following.name]
                told = " -> ".join(circle if len(circle) < 8 else [*circle[:6], "...", circle[-1]])
                raise FormulaError(f"A cell may not depend on itself: {told}.")
            else:
                _enter(following, cells, path, seen)
    return order


def _enter(
    cell: Cell, cells: Mapping[Cell, Content], path: dict[Cell, Iterator[Cell]], seen: set[Cell]
) -> None:
    if cell in seen or cell not in cells:
        return
    content = cells[cell]
    path[cell] = iter(references(str(content)) if is_formula(content) else ())


class _Sheet:
    """The values that are computed so far, and how much work that took."""

    def __init__(self, cells: Mapping[Cell, Content]) -> None:
        self.cells = cells
        self.values: dict[Cell, Value] = {}
        self.work = 0

    def shown(self, formula: str) -> Value:
        """Compute what a cell with this formula holds."""
        result = self.evaluate(parse(formula))
        if isinstance(result, Block):
            result = result.rows[0][0] if result.shape == (1, 1) else WRONG_VALUE
        return 0.0 if result is None else result

    def spend(self, amount: int) -> None:
        self.work += amount
        if self.work > WORK:
            raise FormulaError("The sheet would take too long to compute: use smaller ranges.")

    def evaluate(self, node: Node) -> Result:
        match node:
            case Constant():
                return node.value
            case Cell():
                return self.values.get(node)
            case Area():
                return self.area(node)
            case Call():
                return self.call(node)

    def area(self, area: Area) -> Block:
        (left, top), (right, bottom) = area
        self.spend((right - left + 1) * (bottom - top + 1))
        return Block(
            tuple(
                tuple(self.values.get(Cell(column, row)) for column in range(left, right + 1))
                for row in range(top, bottom + 1)
            )
        )

    def call(self, call: Call) -> Result:
        self.spend(1)
        if call.function in SCALAR:
            arguments = [self.evaluate(argument) for argument in call.arguments]
            return self.lifted(SCALAR[call.function], arguments)
        arguments = [
            self.area(Area(argument, argument))
            if isinstance(argument, Cell)
            else self.evaluate(argument)
            for argument in call.arguments
        ]
        self.spend(sum(len(one.values) for one in arguments if isinstance(one, Block)))
        try:
            result = WHOLE[call.function](arguments)
        except Stop as stop:
            return stop.problem
        except (OverflowError, ValueError):  # sums of infinite or too large numbers
            return WRONG_NUMBER
        return result if isinstance(result, Block) else bounded(result)

    def lifted(self, function: Callable[..., Value], arguments: Sequence[Result]) -> Result:
        """Apply a function of single values, to every place where a range is given."""
        blocks = [one for one in arguments if isinstance(one, Block)]
        if not blocks:
            return _applied(function, [single(one) for one in arguments])
        height, width = (max(sizes) for sizes in zip(*(one.shape for one in blocks), strict=True))
        self.spend(height * width)
        return Block(
            tuple(
                tuple(
                    _applied(function, [_place(one, row, column) for one in arguments])
                    for column in range(width)
                )
                for row in range(height)
            )
        )


def _place(result: Result, row: int, column: int) -> Value:
    """The value that stands beside a place; a single row or column serves all."""
    if not isinstance(result, Block):
        return result
    height, width = result.shape
    row, column = (0 if height == 1 else row), (0 if width == 1 else column)
    return result.rows[row][column] if row < height and column < width else NOT_AVAILABLE


def _applied(function: Callable[..., Value], values: Sequence[Value]) -> Value:
    if function not in TAKES_ERRORS:
        for value in values:
            if isinstance(value, Problem):
                return value
    try:
        return bounded(function(*values))
    except Stop as stop:
        return stop.problem
    except ZeroDivisionError:
        return NO_DIVISOR
    except (OverflowError, ArithmeticError):
        return WRONG_NUMBER
