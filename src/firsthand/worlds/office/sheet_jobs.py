"""What a spreadsheet is about, what stands in it, and what is to be computed in it.

A plan fixes where everything stands; the entries are drawn again as often as wanted, so that
formulas can be judged on figures that their author never saw. Each job has formulas that do it.
"""

import random
from collections.abc import Sequence

import msgspec

from firsthand.worlds.office.cell_values import Content
from firsthand.worlds.office.formula import moved, read_area, read_cell


class Theme(msgspec.Struct, frozen=True):
    """The words of a sheet."""

    title: str
    group: str
    groups: tuple[str, ...]
    item: str
    items: tuple[str, ...]
    quantity: str
    state: str
    states: tuple[str, ...]


THEMES = (
    Theme(
        "Sales", "region",
        ("North", "South", "East", "West", "Coast", "Valley", "Lakes", "Hills"), "item",
        ("lamp", "desk", "chair", "shelf", "stool", "bench", "mirror", "cabinet", "rug", "clock"),
        "pieces", "state", ("paid", "open"),
    ),
    Theme(
        "Repairs", "workshop",
        ("Alder", "Birch", "Cedar", "Elm", "Hazel", "Maple", "Rowan", "Willow"), "task",
        ("weld", "paint", "polish", "rewire", "align", "inspect", "reseal", "balance", "clean"),
        "hours", "state", ("billed", "waived"),
    ),
    Theme(
        "Deliveries", "depot",
        ("Harbour", "Station", "Airfield", "Mill", "Quarry", "Bridge", "Market", "Tower"),
        "freight",
        ("gravel", "timber", "cement", "tiles", "pipes", "cable", "glass", "steel", "sand"),
        "tons", "state", ("arrived", "on its way"),
    ),
    Theme(
        "Courses", "school",
        ("Abbey", "Castle", "Meadow", "Orchard", "Priory", "Riverside", "Summit", "Vale"), "course",
        ("pottery", "drawing", "singing", "chess", "sewing", "cooking", "rowing", "fencing"),
        "places", "state", ("booked", "waiting"),
    ),
)  # fmt: skip
SUBTOTAL = "Subtotal"
GROUPS = 3
ITEMS = 5


class Shape(msgspec.Struct, frozen=True):
    """What a level asks: jobs in their order, how many more are drawn of which, and the faults."""

    lines: tuple[int, int]
    jobs: tuple[str, ...]
    drawn: int = 0
    of: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    """Any one of them is in the sheet at level 4, all at level 5."""
    all_faults: bool = False


_SINGLES = ("bulk", "two", "mean", "top")
_FAULTS = ("text", "subtotals")
LEVELS = {
    1: Shape((6, 9), ("amount",), 1, ("sum", "units")),
    2: Shape((7, 11), ("amount", "tax", "groups")),
    3: Shape((8, 13), ("price", "amount", "groups"), 1, _SINGLES),
    4: Shape((9, 14), ("price", "amount", "net", "groups", "units"), 1, _SINGLES, _FAULTS),
    5: Shape(
        (12, 18), ("price", "amount", "net", "tax", "running", "groups", "share", "units"), 2,
        _SINGLES, _FAULTS, all_faults=True,
    ),
}  # fmt: skip


ENTERED = ("group", "item", "quantity", "state", "price")
COMPUTED = ("price", "amount", "net", "tax", "running")
PARAMETERS = ("tax", "bulk", "net", "running", "two")
"""Jobs that need a parameter; `bulk` is needed by `net` too."""


class Plan(msgspec.Struct, frozen=True):
    """Where everything stands in a sheet: parameters and totals above, lines and lists below."""

    theme: Theme
    jobs: tuple[str, ...]
    blocks: tuple[tuple[int, int], ...]
    """First and last row of each run of lines; below each stands its subtotal, if there are any."""
    start: int
    """The number of the table's first column."""
    columns: tuple[str, ...]
    """What the table's columns hold, after the numbers of the lines."""
    parameters: tuple[str, ...]
    totals: tuple[str, ...]
    """Jobs that fill one cell, from the second row down."""
    text: bool
    """Some quantities were entered as text."""
    subtotals: bool

    @property
    def first(self) -> int:
        """The row of the first line; the headings stand above it."""
        return self.blocks[0][0]

    @property
    def last(self) -> int:
        """The last row of the table, a subtotal or a line."""
        return self.blocks[-1][1] + self.subtotals

    @property
    def hidden(self) -> tuple[int, ...]:
        """The rows of the subtotals, which are hidden."""
        return tuple(last + 1 for _, last in self.blocks) if self.subtotals else ()

    @property
    def lines(self) -> list[int]:
        """The row of every line."""
        return [row for first, last in self.blocks for row in range(first, last + 1)]

    @property
    def priced(self) -> bool:
        """Whether prices are looked up in a list."""
        return "price" in self.jobs

    def letter(self, column: str) -> str:
        """The letter of a column of the table, of the price list or of the totals."""
        names = ("no", *self.columns, "", *(("listed", "cost", "") if self.priced else ()))
        return chr(64 + self.start + (*names, "label", "total", "share").index(column))

    def range(self, column: str) -> str:
        """A column of the table with dollars, e.g. `$G$9:$G$20`."""
        letter = self.letter(column)
        return f"${letter}${self.first}:${letter}${self.last}"

    def parameter(self, name: str, dollar: str = "") -> str:
        """The cell of a parameter."""
        row = 2 + self.parameters.index(name)
        return f"{dollar}{chr(65 + self.start)}{dollar}{row}"

    @property
    def worth(self) -> str:
        """The column that tells what a line is worth."""
        return "net" if "net" in self.jobs else "amount"

    @property
    def corner(self) -> tuple[int, int]:
        """The last column and row that hold anything."""
        return ord(self.letter("share")) - 64, max(self.last, self.first + ITEMS - 1)


class Job(msgspec.Struct, frozen=True):
    """What is to be computed where, and the formula of the first cell that does it."""

    told: str
    ranges: tuple[str, ...]
    formula: str

    @property
    def cells(self) -> list[str]:
        """Every cell to be filled."""
        return [cell.name for one in self.ranges for cell in read_area(one).cells]

    @property
    def solution(self) -> dict[str, str]:
        """The formula of every cell."""
        start = read_cell(self.cells[0])
        places = {name: read_cell(name) for name in self.cells}
        return {
            name: moved(self.formula, cell.column - start.column, cell.row - start.row)
            for name, cell in places.items()
        }


def draw_plan(rng: random.Random, shape: Shape) -> Plan:
    """Draw a sheet without its figures."""
    jobs = (*shape.jobs, *rng.sample(shape.of, shape.drawn))
    faults = shape.faults if shape.all_faults or not shape.faults else (rng.choice(shape.faults),)
    lines, subtotals = rng.randint(*shape.lines), "subtotals" in faults
    entered = [name for name in ENTERED if name not in jobs]
    needed = [name for name in PARAMETERS if name in jobs or (name == "bulk" and "net" in jobs)]
    totals = [job for job in jobs if job in _LABELS]
    first = rng.randint(9, 13)
    blocks = ((first, first + lines - 1),)
    if subtotals:
        cut = rng.randint(ITEMS, lines - 3)  # what stands beside is never hidden
        blocks = ((first, first + cut - 1), (first + cut + 1, first + lines))
    return Plan(
        theme=rng.choice(THEMES),
        jobs=jobs,
        blocks=blocks,
        start=rng.randint(1, 4),
        columns=(*_shuffled(rng, entered), *(name for name in COMPUTED if name in jobs)),
        parameters=_shuffled(rng, needed),
        totals=_shuffled(rng, totals),
        text="text" in faults,
        subtotals=subtotals,
    )


def _shuffled(rng: random.Random, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(rng.sample(names, len(names)))


def draw_entries(plan: Plan, rng: random.Random) -> dict[str, Content]:
    """Draw what was entered: the same cells each time, with other figures and names."""
    theme, rows = plan.theme, plan.lines
    groups, items = rng.sample(theme.groups, GROUPS), rng.sample(theme.items, ITEMS)
    prices = [rng.randint(300, 9900) / 100 for _ in items]
    bulk = rng.randint(15, 30)
    quantities = [bulk, *(rng.randint(2, 45) for _ in rows[1:])]
    lined = [*groups, *rng.choices(groups, k=len(rows) - GROUPS)]
    states = [*theme.states, *rng.choices(theme.states, k=len(rows) - len(theme.states))]
    for drawn in (quantities, lined, states):
        rng.shuffle(drawn)
    texts = set(rng.sample(rows, max(2, len(rows) // 4)) if plan.text else ())
    cells = _heads(plan) | _parameters(plan, rng, bulk)
    for number, row in enumerate(rows):
        item, quantity = rng.randrange(ITEMS), quantities[number]
        line: dict[str, Content] = {
            "no": number + 1,
            "group": lined[number],
            "item": items[item],
            "quantity": str(quantity) if row in texts else quantity,
            "state": states[number],
        }
        if not plan.priced:
            line["price"] = prices[item]
        cells |= {f"{plan.letter(name)}{row}": value for name, value in line.items()}
    group, figure = plan.letter("group"), plan.letter("quantity")
    for (first, last), row in zip(plan.blocks, plan.hidden, strict=False):
        cells |= {
            f"{group}{row}": SUBTOTAL,
            f"{figure}{row}": f"=SUM({figure}{first}:{figure}{last})",
        }
    return cells | _lists(plan, groups, items, prices)


def _lists(
    plan: Plan, groups: list[str], items: list[str], prices: list[float]
) -> dict[str, Content]:
    cells: dict[str, Content] = {}
    if plan.priced:
        for row, (item, price) in enumerate(zip(items, prices, strict=True), plan.first):
            cells |= {f"{plan.letter('listed')}{row}": item, f"{plan.letter('cost')}{row}": price}
    if "groups" in plan.jobs:
        label = plan.letter("label")
        cells |= {f"{label}{row}": group for row, group in enumerate(groups, plan.first)}
    return cells


def _parameters(plan: Plan, rng: random.Random, bulk: int) -> dict[str, Content]:
    drawn: dict[str, tuple[str, Content]] = {
        "tax": ("tax rate", rng.randint(51, 249) / 1000),
        "bulk": (f"bulk from ({plan.theme.quantity})", bulk),
        "net": ("bulk discount", rng.randint(3, 25) / 100),
        "running": ("carried over", rng.randint(10_000, 90_000) / 100),
        "two": (plan.theme.state, rng.choice(plan.theme.states)),
    }
    cells: dict[str, Content] = {}
    for row, name in enumerate(plan.parameters, 2):
        label, value = drawn[name]
        cells |= {f"{plan.letter('no')}{row}": label, plan.parameter(name): value}
    return cells


_LABELS = {
    "sum": "all amounts", "units": "in all", "bulk": "bulk lines", "two": "in that state",
    "mean": "mean", "top": "dearest",
}  # fmt: skip


def _heads(plan: Plan) -> dict[str, Content]:
    theme = plan.theme
    words = {
        "running": "balance", "cost": "price list", "listed": theme.item, "label": theme.group,
        "group": theme.group, "item": theme.item, "quantity": theme.quantity, "state": theme.state,
    }  # fmt: skip
    names = ["no", *plan.columns, *(("listed", "cost") if plan.priced else ())]
    names += ["label", "total"] if "groups" in plan.jobs else []
    names += ["share"] if "share" in plan.jobs else []
    cells: dict[str, Content] = {f"{plan.letter('no')}1": theme.title}
    cells |= {f"{plan.letter(name)}{plan.first - 1}": words.get(name, name) for name in names}
    label = plan.letter("label")
    return cells | {f"{label}{row}": _LABELS[job] for row, job in enumerate(plan.totals, 2)}


def jobs_of(plan: Plan) -> list[Job]:
    """Return the jobs in the order in which they can be done."""
    return [_job(plan, name) for name in plan.jobs]


def _job(plan: Plan, name: str) -> Job:
    if name in COMPUTED:
        letter = plan.letter(name)
        told, formula = _line_job(plan, name)
        ranges = tuple(f"{letter}{first}:{letter}{last}" for first, last in plan.blocks)
        return Job(f"line by line, {told}", ranges, formula)
    if name in ("groups", "share"):
        return _group_job(plan, name)
    told, formula = _single_job(plan, name)
    return Job(told, (f"{plan.letter('total')}{2 + plan.totals.index(name)}",), formula)


def _group_job(plan: Plan, name: str) -> Job:
    first, last = plan.first, plan.first + GROUPS - 1
    total, label, share = plan.letter("total"), plan.letter("label"), plan.letter("share")
    if name == "share":
        told = f"each total in {total} as a share of their sum, not rounded (0.25 for a quarter)"
        formula = f"={total}{first}/SUM({total}${first}:{total}${last})"
        return Job(told, (f"{share}{first}:{share}{last}",), formula)
    told = f"for each {plan.theme.group} named in column {label}, the sum of its {plan.worth}"
    formula = f"=SUMIF({plan.range('group')},{label}{first},{plan.range(plan.worth)})"
    return Job(told, (f"{total}{first}:{total}{last}",), formula)


def _line_job(plan: Plan, name: str) -> tuple[str, str]:
    units, row, worth = plan.theme.quantity, plan.first, plan.letter(plan.worth)
    quantity = f"{plan.letter('quantity')}{row}"
    quantity = f"VALUE({quantity})" if plan.text else quantity
    match name:
        case "price":
            end, item = row + ITEMS - 1, f"{plan.letter('item')}{row}"
            table = f"${plan.letter('listed')}${row}:${plan.letter('cost')}${end}"
            told = f"the price of the {plan.theme.item}, from the price list"
            return told, f"=VLOOKUP({item},{table},2,FALSE)"
        case "amount":
            return f"the amount: {units} times price", f"={quantity}*{plan.letter('price')}{row}"
        case "net":
            told = (
                f"the net: the amount, less the bulk discount where {units} are at least what "
                "bulk begins from; not rounded"
            )
            amount = f"{plan.letter('amount')}{row}"
            lowered = f"{amount}*(1-{plan.parameter('net', '$')})"
            return told, f"=IF({quantity}>={plan.parameter('bulk', '$')},{lowered},{amount})"
        case "tax":
            told = f"the tax: {plan.worth} times the tax rate, rounded to two decimals"
            return told, f"=ROUND({worth}{row}*{plan.parameter('tax', '$')},2)"
        case _:
            told = f"the balance: what is carried over and every {plan.worth} down to this line"
            opening = plan.parameter("running", "$")
            return told, f"={opening}+SUM({worth}${row}:{worth}{row})"


def _single_job(plan: Plan, name: str) -> tuple[str, str]:
    theme, word, label = plan.theme, plan.worth, f"{plan.letter('label')}{plan.first}"
    worth, quantities, groups = (plan.range(one) for one in (word, "quantity", "group"))
    match name:
        case "sum":
            return f"the sum of all {word}s", f"=SUM({worth})"
        case "units":
            formula = f"=SUM({quantities})"
            if plan.text or plan.subtotals:
                formula = f"=SUMPRODUCT({_only(plan)}VALUE({quantities}))"
            return f"the sum of {theme.quantity} of all lines", formula
        case "bulk":
            least = plan.parameter("bulk", "$")
            formula = f'=COUNTIF({quantities},">="&{least})'
            if plan.text or plan.subtotals:
                formula = f"=SUMPRODUCT({_only(plan) or '1*'}(VALUE({quantities})>={least}))"
            return f"how many lines have at least as many {theme.quantity} as bulk", formula
        case "two":
            told = f"the sum of {word} of the {theme.group} in {label}, of its lines in the state"
            where = f"{groups},{label},{plan.range('state')},{plan.parameter('two', '$')}"
            return f"{told} {plan.parameter('two')}", f"=SUMIFS({worth},{where})"
        case "mean":
            told = f"the mean {word} of the lines of the {theme.group} in {label}"
            return told, f"=AVERAGEIF({groups},{label},{worth})"
        case _:
            told = f"the {theme.item} of the line with the greatest {word}"
            places = f"MATCH(MAX({worth}),{worth},0)"
            return told, f"=INDEX({plan.range('item')},{places})"


def _only(plan: Plan) -> str:
    return f'({plan.range("group")}<>"{SUBTOTAL}")*' if plan.subtotals else ""


def read(content: str) -> Content:
    """Take what is typed as a number where it is one; a text may begin with an apostrophe."""
    if content.startswith("'") and not content.startswith("'="):
        return content[1:]
    try:
        value = float(content)
    except ValueError:
        return content
    return value if abs(value) < 1e15 and content.strip()[-1:].isdigit() else content


def sheets(plan: Plan, rng: random.Random, n: int) -> Sequence[dict[str, Content]]:
    """Draw the same sheet with other entries, n times."""
    return [draw_entries(plan, rng) for _ in range(n)]
