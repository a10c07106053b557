"""Queries over a small table: what clauses do, what tables are about, and the signs of a world."""

import random
from collections.abc import Sequence

import msgspec


class Operator(msgspec.Struct, frozen=True):
    """What a sign may mean: the types of its arguments, ways to ask for it, what it does."""

    types: tuple[str, ...]
    asked: tuple[str, ...]
    told: str


OPERATORS = {
    "more": Operator(
        ("number column", "number"),
        ("keep those with {0} over {1}", "leave only {0} above {1}"),
        "keeps rows over a number",
    ),
    "less": Operator(
        ("number column", "number"),
        ("keep those with {0} under {1}", "leave only {0} below {1}"),
        "keeps rows under a number",
    ),
    "is": Operator(
        ("word column", "word"),
        ("keep only {0} {1}", "leave out all but {0} {1}"),
        "keeps rows with a word",
    ),
    "not": Operator(
        ("word column", "word"),
        ("drop {0} {1}", "leave out {0} {1}"),
        "drops rows with a word",
    ),
    "rising": Operator(
        ("number column",),
        ("sort by {0}, smallest first", "put them in order of {0}, from low to high"),
        "sorts from low to high",
    ),
    "falling": Operator(
        ("number column",),
        ("sort by {0}, largest first", "put them in order of {0}, from high to low"),
        "sorts from high to low",
    ),
    "first": Operator(("number",), ("take the first {0}", "keep the top {0}"), "takes rows on top"),
    "last": Operator(
        ("number",), ("take the last {0}", "keep the bottom {0}"), "takes rows at the bottom"
    ),
    "total": Operator(("number column",), ("add up {0}", "give the sum of {0}"), "adds up"),
    "most": Operator(
        ("number column",), ("give the largest {0}", "find the highest {0}"), "finds the largest"
    ),
    "least": Operator(
        ("number column",), ("give the smallest {0}", "find the lowest {0}"), "finds the smallest"
    ),
    "number": Operator((), ("count them", "say how many there are"), "counts rows"),
}
ENDS = ("total", "most", "least", "number")
SORTS = ("rising", "falling")
CUTS = ("first", "last")
SIGNS = "@@ ~~ %% ^^ && ?? ## $$ ** :: ++ == // || <> ><".split()
MARKS = (".", "!", ";", "/")
Row = dict[str, str | int]
Result = tuple[Row, ...] | int


class Theme(msgspec.Struct, frozen=True):
    """What a table is about."""

    what: str
    names: tuple[str, ...]
    word: tuple[str, tuple[str, ...]]
    numbers: tuple[tuple[str, range], ...]


THEMES = (
    Theme(
        "mountain huts",
        ("Alder", "Birk", "Cairn", "Dove", "Edel", "Fern", "Gams", "Horn", "Iris", "Juniper"),
        ("valley", ("Aosta", "Brenta", "Chiese", "Duron")),
        (("beds", range(8, 60)), ("metres", range(900, 2900, 50))),
    ),
    Theme(
        "boats",
        ("Aurora", "Bella", "Curlew", "Dora", "Egret", "Frigg", "Gull", "Hera", "Isolde", "Jolly"),
        ("port", ("Bergen", "Cadiz", "Dover", "Emden")),
        (("crew", range(2, 30)), ("length", range(12, 90))),
    ),
    Theme(
        "orchards",
        ("Ashby", "Barrow", "Coombe", "Dell", "Elmet", "Furze", "Glebe", "Holt", "Inch", "Kirk"),
        ("fruit", ("apple", "cherry", "pear", "quince")),
        (("trees", range(40, 400, 5)), ("tonnes", range(3, 70))),
    ),
)


class Clause(msgspec.Struct, frozen=True):
    """One step of a query."""

    operator: str
    arguments: tuple[str | int, ...]


class Language(msgspec.Struct, frozen=True):
    """The laws of one world: a sign for each operator, and the mark that ends a query."""

    signs: dict[str, str]
    mark: str

    def text(self, clause: Clause) -> str:
        """Write a clause."""
        return written(self.signs[clause.operator], clause.arguments)


def language(rng: random.Random) -> Language:
    """Draw the signs of a world."""
    signs = rng.sample(SIGNS, len(OPERATORS))
    return Language(dict(zip(OPERATORS, signs, strict=True)), rng.choice(MARKS))


def written(sign: str, arguments: Sequence[str | int]) -> str:
    """Write a sign with its arguments."""
    return " ".join([sign, *map(str, arguments)])


def step(rows: Sequence[Row], clause: Clause) -> Result:
    """Run one clause on rows."""
    match clause.operator, clause.arguments:
        case "more", (str(column), int(number)):
            return tuple(row for row in rows if number_of(row, column) > number)
        case "less", (str(column), int(number)):
            return tuple(row for row in rows if number_of(row, column) < number)
        case "is", (str(column), word):
            return tuple(row for row in rows if row[column] == word)
        case "not", (str(column), word):
            return tuple(row for row in rows if row[column] != word)
        case "rising", (str(column),):
            return tuple(sorted(rows, key=lambda row: number_of(row, column)))
        case "falling", (str(column),):
            return tuple(sorted(rows, key=lambda row: -number_of(row, column)))
        case "first", (int(count),):
            return tuple(rows[:count])
        case "last", (int(count),):
            return tuple(rows[-count:])
        case "total", (str(column),):
            return sum(number_of(row, column) for row in rows)
        case "most", (str(column),):
            return max((number_of(row, column) for row in rows), default=0)
        case "least", (str(column),):
            return min((number_of(row, column) for row in rows), default=0)
        case _:
            return len(rows)


def run(rows: Sequence[Row], clauses: Sequence[Clause]) -> Result:
    """Run a query whose clauses have the right types; nothing may follow a number."""
    result: Result = tuple(rows)
    for clause in clauses:
        assert not isinstance(result, int)
        result = step(result, clause)
    return result


def number_of(row: Row, column: str) -> int:
    """Return what a row has in a column of numbers."""
    return int(row[column])
