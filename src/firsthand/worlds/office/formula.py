"""Formulas of a spreadsheet: read into a tree, and moved to another cell as copying does.

The syntax is the one that office programs share: A1 references with `$`, ranges, whole columns,
operators and calls. Left out: names, other sheets, array constants and references that are computed
(OFFSET, INDIRECT), so that what a formula depends on is known before it is evaluated. Length,
nesting and the sheet are bounded.
"""

import math
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple, TypeAlias

COLUMNS = 26
ROWS = 60
"""The sheet reaches from A1 to Z60."""
LONGEST = 500
"""Characters of a formula."""
DEEPEST = 24
"""Calls and brackets within each other."""
TALLEST = 80
"""The height of a formula's tree; each operator of a long sum adds one."""


class FormulaError(ValueError):
    """A formula that cannot be read or computed; the text says why, in words for its author."""


class Cell(NamedTuple):
    """A reference to one cell; columns and rows count from 1."""

    column: int
    row: int

    @property
    def name(self) -> str:
        """As people write it, e.g. B8."""
        return f"{chr(64 + self.column)}{self.row}"


class Area(NamedTuple):
    """A reference to a rectangle of cells; both corners belong to it."""

    first: Cell
    last: Cell

    @property
    def cells(self) -> Iterator[Cell]:
        """Every cell, row by row."""
        for row in range(self.first.row, self.last.row + 1):
            for column in range(self.first.column, self.last.column + 1):
                yield Cell(column, row)


class Constant(NamedTuple):
    """A number, a text, TRUE or FALSE, or an argument left out (None)."""

    value: float | str | bool | None


class Call(NamedTuple):
    """A function and its arguments; operators are calls too, e.g. of `+` or `%`."""

    function: str
    arguments: "tuple[Node, ...]"


Node: TypeAlias = Cell | Area | Constant | Call

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<text>"(?:[^"]|"")*")
  | (?P<columns>\$?[A-Za-z]:\$?[A-Za-z](?![A-Za-z0-9_(.]))
  | (?P<cell>\$?[A-Za-z]{1,3}\$?\d+(?![A-Za-z0-9_(.]))
  | (?P<name>[A-Za-z_][A-Za-z0-9_.]*)
  | (?P<sign><=|>=|<>|[-+*/^&=<>%(),:])
)""",
    re.VERBOSE,
)
_CELL = re.compile(r"(\$?)([A-Za-z]{1,3})(\$?)(\d+)")
_BINDS = {
    "=": 1, "<>": 1, "<": 1, ">": 1, "<=": 1, ">=": 1, "&": 2, "+": 3, "-": 3, "*": 4, "/": 4,
    "^": 5,
}  # fmt: skip


@lru_cache(maxsize=4096)
def read_cell(text: str) -> Cell:
    """Read a reference to one cell. Raises `FormulaError`."""
    found = _CELL.fullmatch(text.strip())
    if found is None:
        raise FormulaError(f"{text!r} is no cell: write a column and a row, as in B8.")
    letters, row = found[2].upper(), int(found[4][:6])
    if len(letters) > 1 or not 1 <= row <= ROWS:
        raise FormulaError(f"{text!r} is outside the sheet, which reaches from A1 to Z{ROWS}.")
    return Cell(ord(letters) - 64, row)


def read_area(text: str) -> Area:
    """Read a range such as B8:B12, or one cell. Raises `FormulaError`."""
    first, colon, last = text.partition(":")
    start = read_cell(first)
    return _area(start, read_cell(last) if colon else start)


def _area(one: Cell, other: Cell) -> Area:
    return Area(
        Cell(*map(min, zip(one, other, strict=True))), Cell(*map(max, zip(one, other, strict=True)))
    )


class _Token(NamedTuple):
    kind: str
    text: str


def _tokens(formula: str) -> list[_Token]:
    if len(formula) > LONGEST:
        raise FormulaError(f"A formula has {LONGEST} characters at most, got {len(formula):,}.")
    found: list[_Token] = []
    body, place = formula.rstrip(), 1
    while place < len(body):
        match = _TOKEN.match(body, place)
        if match is None:
            hint = " Arguments are separated by commas." if body[place:].lstrip()[0] == ";" else ""
            raise FormulaError(f"The formula cannot be read at {body[place : place + 12]!r}.{hint}")
        kind = match.lastgroup or ""
        found.append(_Token(kind, match[kind]))
        place = match.end()
    return found


@lru_cache(maxsize=4096)
def parse(formula: str) -> Node:
    """Read a formula, which begins with `=`. Raises `FormulaError`."""
    if not formula.startswith("="):
        raise FormulaError(f"A formula begins with =, got {formula[:40]!r}.")
    parser = _Parser(_tokens(formula))
    tree = parser.expression(0, 0)
    if (rest := parser.peek()).kind != "end":
        raise FormulaError(f"The formula should end before {rest.text!r}.")
    if _height(tree) > TALLEST:
        raise FormulaError(f"A formula chains {TALLEST} operators at most: use ranges.")
    return tree


def _height(tree: Node) -> int:
    height, row = 0, [tree]
    while row:
        height += 1
        row = [one for node in row if isinstance(node, Call) for one in node.arguments]
    return height


class _Parser:
    """Precedence climbing. As in office programs a sign binds tighter than a power: -2^2 is 4."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.place = 0

    def peek(self) -> _Token:
        ended = self.place >= len(self.tokens)
        return _Token("end", "its end") if ended else self.tokens[self.place]

    def take(self, sign: str = "") -> _Token:
        token = self.peek()
        if sign and token.text != sign:
            raise FormulaError(f"The formula needs {sign!r} before {token.text!r}.")
        self.place += 1
        return token

    def expression(self, binds: int, depth: int) -> Node:
        if depth > DEEPEST:
            raise FormulaError(f"A formula nests {DEEPEST} deep at most: use helper cells.")
        left = self.operand(depth)
        while (sign := self.peek()).kind == "sign" and _BINDS.get(sign.text, 0) > binds:
            self.place += 1
            left = Call(sign.text, (left, self.expression(_BINDS[sign.text], depth + 1)))
        return left

    def operand(self, depth: int) -> Node:
        signs = 0
        while self.peek() in (("sign", "-"), ("sign", "+")):
            signs += self.take().text == "-"
        node = self.primary(depth)
        while self.peek() == ("sign", "%"):
            self.place += 1
            node = Call("%", (node,))
        for _ in range(min(signs, 2 - signs % 2)):  # two signs still make a text a number
            node = Call("negate", (node,))
        return node

    def primary(self, depth: int) -> Node:
        token = self.take()
        match token.kind:
            case "number":
                if not math.isfinite(value := float(token.text)):
                    raise FormulaError(f"The number {token.text} is too large.")
                return Constant(value)
            case "text":
                return Constant(token.text[1:-1].replace('""', '"'))
            case "columns":
                one, other = token.text.replace("$", "").split(":")
                return read_area(f"{one}1:{other}{ROWS}")
            case "cell":
                start = read_cell(token.text)
                if self.peek() != ("sign", ":"):
                    return start
                self.place += 1
                return _area(start, read_cell(self.take().text))
            case "name":
                return self.named(token.text, depth)
            case "sign" if token.text == "(":
                inner = self.expression(0, depth + 1)
                self.take(")")
                return inner
            case _:
                raise FormulaError(f"A value is missing before {token.text!r}.")

    def named(self, name: str, depth: int) -> Node:
        if self.peek() != ("sign", "("):
            if name.upper() in ("TRUE", "FALSE"):
                return Constant(name.upper() == "TRUE")
            raise FormulaError(f"{name!r} is neither a cell nor a function nor a quoted text.")
        self.place += 1
        arguments: list[Node] = []
        while self.peek() != ("sign", ")") or arguments:
            empty = self.peek() in (("sign", ","), ("sign", ")"))
            arguments.append(Constant(None) if empty else self.expression(0, depth + 1))
            if self.peek() != ("sign", ","):
                break
            self.place += 1
        self.take(")")
        return Call(name.upper(), tuple(arguments))


@lru_cache(maxsize=512)
def references(formula: str) -> tuple[Cell, ...]:
    """Return every cell that a formula reads, in order. Raises `FormulaError`."""
    return tuple(sorted(set(_read(parse(formula)))))


def _read(node: Node) -> Iterator[Cell]:
    match node:
        case Cell():
            yield node
        case Area():
            yield from node.cells
        case Call():
            for argument in node.arguments:
                yield from _read(argument)
        case Constant():
            pass


def moved(formula: str, columns: int, rows: int) -> str:
    """Return the formula as copying writes it so many columns and rows further.

    What a `$` stands before stays. Raises `FormulaError` where a reference leaves the sheet.
    """

    def shift(match: "re.Match[str]") -> str:
        held_column, letter, held_row, row = match.groups()
        column = ord(letter.upper()) + (0 if held_column else columns)
        number = int(row) + (0 if held_row else rows)
        if not 65 <= column < 65 + COLUMNS or not 1 <= number <= ROWS:
            raise FormulaError(f"Copied there, {match[0]} of {formula} would leave the sheet.")
        return f"{held_column}{chr(column)}{held_row}{number}"

    def slide(match: "re.Match[str]") -> str:
        column = ord(match[2].upper()) + (0 if match[1] else columns)
        if not 65 <= column < 65 + COLUMNS:
            raise FormulaError(f"Copied there, {match[0]} of {formula} would leave the sheet.")
        return f"{match[1]}{chr(column)}"

    written = ["="]
    for kind, text in _tokens(formula):
        if kind == "cell":
            read_cell(text)
            text = _CELL.sub(shift, text)
        elif kind == "columns":
            text = re.sub(r"(\$?)([A-Za-z])", slide, text)
        written.append(text)
    return "".join(written)
