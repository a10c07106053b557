# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# (the types of the lambdas below are those of `Draw`)
"""Pieces of small packages: modules of two or three plain functions, with what can go wrong in
each.

A piece is source text with a few constants, so that one piece makes many modules. Its docstrings
say all that a function does. A fault is a slip that people make, as text that takes another's
place; every fault shows on inputs that `draw` yields. Everything is pure, so that behaviour can be
compared by values.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

Draw = Callable[[random.Random, Mapping[str, Any]], tuple[Any, ...]]
"""Draw the arguments of one call; the constants of the piece are given, for inputs at a border."""


class Fault(NamedTuple):
    """A slip: the function it is in, what is right, and what stands there instead."""

    function: str
    right: str
    wrong: str


class Piece(NamedTuple):
    """One module: its name, its text with `$constants`, and what its constants may be."""

    module: str
    source: str
    constants: Mapping[str, Sequence[Any]]
    functions: Mapping[str, Draw]
    faults: Sequence[Fault]


def _near(rng: random.Random, border: int) -> int:
    return max(0, border + rng.choice((-1, 0, 1, rng.randrange(-40, 200))))


def _text(rng: random.Random, words: int = 6) -> str:
    pool = ("Old", "paper", "map", "of", "a", "Northern", "harbour", "with", "7", "ships", "and")
    return " ".join(rng.choice(pool) for _ in range(rng.randint(1, words)))


def _ranges(rng: random.Random, c: Mapping[str, Any]) -> list[list[int]]:
    starts = [rng.randrange(0, 40) for _ in range(rng.randint(0, 5))]
    found = [[start, start + rng.randint(1, 12)] for start in starts]
    if found and rng.random() < 0.3:  # one inside another
        found.append([found[0][0], found[0][0] + 1])
    if found and rng.random() < 0.5:  # one that lies just so far apart
        end = max(each[1] for each in found)
        found.append([end + c["gap"], end + c["gap"] + 3])
    return found


def _scores(rng: random.Random, _c: Mapping[str, Any]) -> tuple[dict[str, int]]:
    names = rng.sample(
        ["Ada", "Ben", "Cleo", "Dov", "Eve", "Finn", "Gus", "Hal"], rng.randint(1, 7)
    )
    return ({name: rng.choice((3, 5, 5, 8, rng.randrange(10))) for name in names},)


def _stock(rng: random.Random, low: int) -> dict[str, int]:
    items = rng.sample(["bolt", "cable", "drill", "fuse", "glue", "hinge"], rng.randint(1, 5))
    return {item: rng.choice((low - 1, low, low + 1, rng.randint(1, 30))) for item in items}


def _moves(rng: random.Random, c: Mapping[str, Any]) -> tuple[Any, ...]:
    stock = _stock(rng, c["low"])
    moves: list[list[Any]] = []
    for item in rng.choices([*stock, "nail"], k=rng.randint(0, 5)):
        moves.append([item, rng.choice((2, 1, -1, -stock.get(item, 0)))])
    return stock, moves


def _runs(rng: random.Random, c: Mapping[str, Any]) -> tuple[str]:
    most = c["most"]
    return ("".join(rng.choice("abc") * rng.choice((1, 2, most, most + 1)) for _ in range(4)),)


def _version(rng: random.Random) -> str:
    parts = [str(rng.choice((0, 1, 2, 9, 10))) for _ in range(rng.randint(1, 3))]
    return rng.choice(("", "v")) + ".".join(parts)


def _month(rng: random.Random, _c: Mapping[str, Any]) -> tuple[int, int]:
    return rng.choice((1900, 2000, 2023, 2024, 2100)), rng.choice((2, 2, rng.randint(1, 12)))


def _rows(rng: random.Random) -> list[list[int]]:
    wide = rng.randint(1, 4)
    return [[rng.randrange(500) for _ in range(rng.randint(1, wide))] for _ in range(3)]


MONEY = Piece(
    "money",
    '''"""Amounts of money, in whole cents."""


def parse_amount(text):
    """Return the cents of a text like '1${mark}234.5': marks are skipped, '.5' is fifty cents.

    Raises ValueError for anything else.
    """
    whole, _, fraction = text.replace("$mark", "").partition(".")
    if not whole.isdigit() or len(fraction) > 2:
        raise ValueError(text)
    return int(whole) * 100 + int((fraction + "00")[:2])


def split_amount(cents, parts):
    """Split cents into parts that differ by one cent at most, the larger ones first."""
    share, left = divmod(cents, parts)
    return [share + 1 if i < left else share for i in range(parts)]


def add_tax(cents):
    """Add $rate percent, rounded to the nearest cent, half a cent up."""
    return cents + (cents * $rate + 50) // 100
''',
    {"mark": (",", "'", "_"), "rate": (7, 10, 15, 19, 21, 25)},
    {
        "parse_amount": lambda rng, c: (
            rng.choice(
                (
                    f"{rng.randrange(1, 9)}{c['mark']}{rng.randrange(100, 999)}.5",
                    f"{rng.randrange(900)}",
                    f"{rng.randrange(900)}.{rng.randrange(100):02d}",
                    "1.234",
                    f"{rng.randrange(50)}.5",
                )
            ),
        ),
        "split_amount": lambda rng, c: (rng.randrange(1, 2000), rng.randint(2, 7)),
        "add_tax": lambda rng, c: (rng.randrange(1, 5000),),
    },
    (
        Fault("parse_amount", '(fraction + "00")[:2]', 'fraction or "0"'),
        Fault("parse_amount", "len(fraction) > 2", "len(fraction) > 3"),
        Fault("split_amount", "if i < left", "if i <= left"),
        Fault("split_amount", "if i < left", "if i >= parts - left"),
        Fault("add_tax", "(cents * $rate + 50) // 100", "cents * $rate // 100"),
    ),
)
RANGES = Piece(
    "ranges",
    '''"""Ranges of whole numbers: the start belongs to a range, the end does not."""


def merge_ranges(ranges):
    """Return the ranges in order, those joined that overlap or lie at most $gap apart."""
    merged = []
    for start, end in sorted(ranges):
        if merged and start - merged[-1][1] <= $gap:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return merged


def covered(ranges):
    """Return how many whole numbers lie in one range or more."""
    seen = set()
    for start, end in ranges:
        seen.update(range(start, end))
    return len(seen)
''',
    {"gap": (1, 2, 3, 4, 5, 6)},
    {
        "merge_ranges": lambda rng, c: (_ranges(rng, c),),
        "covered": lambda rng, c: (_ranges(rng, c),),
    },
    (
        Fault("merge_ranges", "<= $gap", "< $gap"),
        Fault("merge_ranges", "max(merged[-1][1], end)", "end"),
        Fault("merge_ranges", "in sorted(ranges)", "in ranges"),
        Fault("covered", "range(start, end)", "range(start, end + 1)"),
    ),
)
TITLES = Piece(
    "titles",
    '''"""Short names made of titles."""


def slug(title):
    """Return the words of a title in small letters, joined by '$joint'.

    Whole words are left out from the first on that would make it longer than $longest characters.
    """
    words = "".join(c if c.isalnum() else " " for c in title.lower()).split()
    kept = []
    for word in words:
        if len("$joint".join([*kept, word])) > $longest:
            break
        kept.append(word)
    return "$joint".join(kept)


def initials(title):
    """Return the first letters of the words as capitals, without those of: $small."""
    skipped = "$small".split()
    return "".join(word[0].upper() for word in title.split() if word.lower() not in skipped)
''',
    {
        "joint": ("-", "_", "."),
        "longest": (12, 14, 15, 16, 18, 20, 22),
        "small": ("of a", "of and", "a with", "and with of"),
    },
    {"slug": lambda rng, c: (_text(rng, 9),), "initials": lambda rng, c: (_text(rng),)},
    (
        Fault("slug", "> $longest", ">= $longest"),
        Fault("slug", "title.lower()", "title"),
        Fault("slug", "            break", "            continue"),
        Fault("initials", "word[0].upper()", "word[0]"),
        Fault("initials", "if word.lower() not in skipped", "if word.lower() in skipped"),
    ),
)
RANKING = Piece(
    "ranking",
    '''"""Who did how well."""


def places(scores):
    """Return the place of each in turn: the highest score is 1, after two equals one is skipped.
    """
    return {
        name: 1 + sum(other > score for other in scores.values())
        for name, score in scores.items()
    }


def podium(scores):
    """Return the names of the best $best, the best first, equals in alphabetical order."""
    return sorted(scores, key=lambda name: (-scores[name], name))[:$best]
''',
    {"best": (2, 3, 4)},
    {"places": _scores, "podium": _scores},
    (
        Fault("places", "other > score", "other >= score"),
        Fault("places", "in scores.values()", "in set(scores.values())"),
        Fault("podium", "(-scores[name], name)", "-scores[name]"),
        Fault("podium", "(-scores[name], name)", "(scores[name], name)"),
    ),
)
STOCK = Piece(
    "stock",
    '''"""What is on the shelves."""


def apply_moves(stock, moves):
    """Return the stock after moves of [item, change], by name, without items of which none is left.

    Raises ValueError when more is taken than there is.
    """
    left = dict(stock)
    for item, change in moves:
        left[item] = left.get(item, 0) + change
        if left[item] < 0:
            raise ValueError(item)
    return {item: n for item, n in sorted(left.items()) if n}


def to_order(stock):
    """Return how many of each item, in turn, bring those below $low up to $full."""
    return {item: $full - n for item, n in stock.items() if n < $low}
''',
    {"low": (3, 4, 5, 6, 8), "full": (20, 24, 25, 30, 40)},
    {"apply_moves": _moves, "to_order": lambda rng, c: (_stock(rng, c["low"]),)},
    (
        Fault("apply_moves", "< 0", "<= 0"),
        Fault("apply_moves", "left.get(item, 0)", "stock.get(item, 0)"),
        Fault("apply_moves", " if n}", " if n > 1}"),
        Fault("to_order", "n < $low", "n <= $low"),
        Fault("to_order", "$full - n", "$full"),
    ),
)
RUNS = Piece(
    "runs",
    '''"""Runs of equal letters."""


def encode_runs(text):
    """Return [letter, length] for each run of equal letters, cut after $most letters."""
    runs = []
    for letter in text:
        if runs and runs[-1][0] == letter and runs[-1][1] < $most:
            runs[-1][1] += 1
        else:
            runs.append([letter, 1])
    return runs


def longest_run(text):
    """Return the letter of the longest run, the first of equals; no letter where there is none."""
    return max(encode_runs(text), key=lambda run: run[1], default=["", 0])[0]
''',
    {"most": (3, 4, 5, 6, 7, 9)},
    {"encode_runs": _runs, "longest_run": _runs},
    (
        Fault("encode_runs", "< $most", "<= $most"),
        Fault("encode_runs", "[letter, 1]", "[letter, 0]"),
        Fault("longest_run", "max(encode_runs(text),", "max(reversed(encode_runs(text)),"),
    ),
)
VERSIONS = Piece(
    "versions",
    '''"""Numbers of releases, like '2.10' or 'v2.10.1'."""


def parse_version(text):
    """Return the numbers, filled up with zeros to $parts."""
    numbers = [int(part) for part in text.removeprefix("v").split(".")]
    return numbers + [0] * ($parts - len(numbers))


def newest(versions):
    """Return the newest release, the first of equals."""
    return max(versions, key=parse_version)


def compatible(have, need):
    """Say whether a release is of the same first number as needed, and not older."""
    mine, theirs = parse_version(have), parse_version(need)
    return mine[0] == theirs[0] and mine >= theirs
''',
    {"parts": (3, 4)},
    {
        "parse_version": lambda rng, c: (_version(rng),),
        "newest": lambda rng, c: ([_version(rng) for _ in range(rng.randint(1, 5))],),
        "compatible": lambda rng, c: (_version(rng), _version(rng)),
    },
    (
        Fault("parse_version", "numbers + [0] * ($parts - len(numbers))", "numbers"),
        Fault("newest", "max(versions, key=parse_version)", "max(versions)"),
        Fault("compatible", "mine[0] == theirs[0] and mine >= theirs", "mine >= theirs"),
        Fault("compatible", "mine[0] == theirs[0]", "mine[0] >= theirs[0]"),
    ),
)
MONTHS = Piece(
    "months",
    '''"""Months and what is due in them."""


def days_in_month(year, month):
    """Return how many days a month of the Gregorian calendar has."""
    if month == 2:
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return 29 if leap else 28
    return 30 if month in (4, 6, 9, 11) else 31


def due_date(year, month, terms):
    """Return [year, month, day] so many months later: day $day, or the last day of the month."""
    months = year * 12 + month - 1 + terms
    year, month = months // 12, months % 12 + 1
    return [year, month, min($day, days_in_month(year, month))]
''',
    {"day": (29, 30, 31)},
    {
        "days_in_month": _month,
        "due_date": lambda rng, c: (*_month(rng, c), rng.choice((0, 1, 10, 12, 24))),
    },
    (
        Fault("days_in_month", "(year % 100 != 0 or year % 400 == 0)", "year % 100 != 0"),
        Fault("days_in_month", "year % 4 == 0 and ", "year % 4 == 0 or "),
        Fault("due_date", "month - 1 + terms", "month + terms"),
        Fault("due_date", "min($day, days_in_month(year, month))", "$day"),
    ),
)
TABLES = Piece(
    "tables",
    '''"""Rows of numbers, some shorter than others."""


def totals(rows):
    """Return the sum of every column; what a short row lacks counts as nothing."""
    wide = max((len(row) for row in rows), default=0)
    return [sum(row[i] for row in rows if i < len(row)) for i in range(wide)]


def render(rows):
    """Return the rows as lines, each number right-aligned in $wide places, short rows as short."""
    return ["".join(str(number).rjust($wide) for number in row) for row in rows]


def transpose(rows):
    """Return the columns as rows; what is lacking is $missing."""
    wide = max((len(row) for row in rows), default=0)
    return [[row[i] if i < len(row) else $missing for row in rows] for i in range(wide)]
''',
    {"wide": (4, 5, 6, 7, 8), "missing": (0, -1, None)},
    {
        "totals": lambda rng, c: (_rows(rng),),
        "render": lambda rng, c: (_rows(rng),),
        "transpose": lambda rng, c: (_rows(rng),),
    },
    (
        Fault("totals", "sum(row[i] for row in rows if", "sum(row[i] for row in rows[1:] if"),
        Fault("render", ".rjust($wide)", ".ljust($wide)"),
        Fault("transpose", "in rows] for i in range(wide)]", "in rows] for i in range(wide - 1)]"),
        Fault("transpose", "else $missing for", "else row[-1] for"),
    ),
)
PARCELS = Piece(
    "parcels",
    '''"""What goes into a box, and what it costs to send."""


def postage(grams):
    """Return the price: $letter up to and with $light g, $packet up to and with $heavy g.

    Above, $step more for every $unit g that are begun.
    """
    if grams <= $light:
        return $letter
    if grams <= $heavy:
        return $packet
    return $packet + -(-(grams - $heavy) // $unit) * $step


def pack(weights):
    """Fill boxes in order; a new one is begun when the next thing would make more than $box g."""
    boxes = [[]]
    for weight in weights:
        if sum(boxes[-1]) + weight > $box:
            boxes.append([])
        boxes[-1].append(weight)
    return boxes
''',
    {
        "light": (20, 50, 100), "heavy": (500, 800, 1000), "letter": (85, 95, 110),
        "packet": (270, 320, 410), "step": (45, 60, 75), "unit": (100, 250), "box": (900, 1200),
    },
    {
        "postage": lambda rng, c: (
            rng.choice((_near(rng, c["light"]), _near(rng, c["heavy"]), rng.randrange(1, 4000))),
        ),
        "pack": lambda rng, c: (
            [rng.choice((300, 400, 500, 600, rng.randrange(50, 900))) for _ in range(6)],
        ),
    },
    (
        Fault("postage", "grams <= $light:", "grams < $light:"),
        Fault("postage", "-(-(grams - $heavy) // $unit)", "(grams - $heavy) // $unit"),
        Fault("postage", "(grams - $heavy)", "grams"),
        Fault("pack", "> $box", ">= $box"),
    ),
)  # fmt: skip
PIECES = (
    MONEY, RANGES, TITLES, RANKING, STOCK, RUNS, VERSIONS, MONTHS, TABLES, PARCELS,
)  # fmt: skip
