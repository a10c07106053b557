"""Write scripts that turn tables of orders into a report, for inputs that will come later.

What the report is, is drawn and told in words; the scripts are judged by what they write for inputs
that the agent never sees, among them an empty one, so copying the expected output of the sample
fails. Left out: quoted fields, and inputs that break the format.
"""

import random
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from firsthand.environment import Action, Observation
from firsthand.sandbox.protocol import File, Tree
from firsthand.sandbox.shell import execute, text_of, texts
from firsthand.task import Task
from firsthand.worlds.shell.terminal import HOW, LIMITS, Terminal, call

COLUMNS = ("id", "date", "region", "product", "quantity", "cents", "status")
NUMBERS = ("quantity", "cents")
REGIONS = ("north", "south", "east", "west", "coast", "hills")
PRODUCTS = {
    "lamp": "light", "bulb": "light", "torch": "light", "desk": "wood", "chair": "wood",
    "shelf": "wood", "kettle": "kitchen", "pan": "kitchen", "knife": "kitchen", "rug": "cloth",
    "towel": "cloth", "curtain": "cloth",
}  # fmt: skip
UNKNOWN = ("sample", "voucher", "deposit")
STATES = ("paid", "open", "refunded", "cancelled")
RUN = "for step in steps/*.sh; do bash $step || exit 1; done"
UNSEEN = (0, 6, 40, 70)
"""Orders in the inputs on which the steps are judged."""


class Order(NamedTuple):
    """One line of a table of orders."""

    id: int
    date: str
    region: str
    product: str
    quantity: int
    cents: int
    status: str

    @property
    def line(self) -> str:
        """The line as it is written."""
        return ",".join(map(str, self)) + "\n"


class Condition(msgspec.Struct, frozen=True):
    """What an order must fulfil: a column, how it compares (== != >= <=), and with what."""

    column: str
    sign: str
    value: str

    def holds(self, order: Order) -> bool:
        """Say whether an order fulfils it."""
        found = getattr(order, self.column)
        if self.column in NUMBERS:
            bound, number = int(self.value), int(found)
            return number >= bound if self.sign == ">=" else number <= bound
        if self.sign in ("==", "!="):
            return (found == self.value) == (self.sign == "==")
        return str(found) >= self.value if self.sign == ">=" else str(found) <= self.value

    @property
    def told(self) -> str:
        """The condition in words."""
        words = {"==": "is", "!=": "is not", ">=": "is at least", "<=": "is at most"}
        return f"{self.column} {words[self.sign]} {self.value}"

    @property
    def awk(self) -> str:
        """The condition for awk."""
        value = self.value if self.column in NUMBERS else f'"{self.value}"'
        return f"${COLUMNS.index(self.column) + 1} {self.sign} {value}"


class Report(msgspec.Struct, frozen=True):
    """What is wanted. Without a `key`, orders are listed; with one, they are added up."""

    conditions: tuple[Condition, ...]
    columns: tuple[str, ...] = ()
    key: str = ""
    latest: bool = False
    known: bool = False
    rebate: tuple[int, int] | None = None
    least: int = 0
    top: int = 0
    euros: bool = False

    def files(self, orders: list[Order], products: Mapping[str, str]) -> dict[str, str]:
        """Make the report: what the script has to write."""
        if self.latest:
            orders = list({order.id: order for order in orders}.values())
        kept = [order for order in orders if all(c.holds(order) for c in self.conditions)]
        files: dict[str, str] = {}
        if self.known:
            lost = sorted(order.id for order in kept if order.product not in products)
            files["out/unknown.txt"] = "".join(f"{number}\n" for number in lost)
            kept = [order for order in kept if order.product in products]
        lines = self._groups(kept, products) if self.key else self._listed(kept)
        return {"out/report.csv": "".join(f"{line}\n" for line in lines), **files}

    def _listed(self, orders: list[Order]) -> list[str]:
        rows = [
            ",".join(str(getattr(order, column)) for column in self.columns)
            for order in sorted(orders)
        ]
        return [",".join(self.columns), *rows]

    def _groups(self, orders: list[Order], products: Mapping[str, str]) -> list[str]:
        counts: dict[str, int] = {}
        sums: dict[str, int] = {}
        for order in orders:
            key = order.date[:7] if self.key == "month" else products.get(order.product, "")
            if self.key in COLUMNS:
                key = str(getattr(order, self.key))
            total = order.quantity * order.cents
            if self.rebate and order.quantity >= self.rebate[0]:
                total -= total * self.rebate[1] // 100
            counts[key] = counts.get(key, 0) + 1
            sums[key] = sums.get(key, 0) + total
        found = [key for key in counts if sums[key] >= self.least]
        found.sort(key=lambda key: (-sums[key], key))
        money = {
            key: f"{v // 100}.{v % 100:02d}" if self.euros else str(v) for key, v in sums.items()
        }
        rows = [f"{key},{counts[key]},{money[key]}" for key in found]
        return [f"{self.key},orders,total", *(rows[: self.top] if self.top else rows)]

    def told(self) -> list[str]:
        """The wanted report in words, step by step."""
        steps = [f"Use the orders whose {' and whose '.join(c.told for c in self.conditions)}."]
        if self.latest:
            steps.insert(0, "Of several lines with one id only the last in the file counts.")
        if self.known:
            steps.append(
                "Orders of products that are not in in/products.csv are left out of the report; "
                "list their ids in out/unknown.txt, one a line, sorted by number (an empty file "
                "where there are none)."
            )
        if not self.key:
            steps.append(
                f"out/report.csv has the columns {','.join(self.columns)}, sorted by id as a "
                "number, under a line with these names."
            )
            return steps
        if self.rebate:
            steps.append(
                f"An order's total is quantity times cents; from a quantity of {self.rebate[0]} on "
                f"{self.rebate[1]}% of it, rounded down to whole cents, are taken off."
            )
        else:
            steps.append("An order's total is quantity times cents.")
        key = {"category": "category (from in/products.csv)", "month": "month (such as 2031-02)"}
        unit = "in euros with two decimals" if self.euros else "in cents"
        steps.append(
            f"out/report.csv has one line for each {key.get(self.key, self.key)} with any such "
            f"order, of three columns: it, the number of orders, and the sum of their totals "
            f"{unit}; the largest sum first, equal ones by name; under the line "
            f"{self.key},orders,total."
        )
        if self.least:
            steps.append(f"Leave out lines whose sum is below {self.least} cents.")
        if self.top:
            steps.append(f"Of the rest, write only the first {self.top}.")
        return steps

    def steps(self) -> list[str]:
        """Return scripts for it, one after the other."""
        stages = ["mkdir out work\nsed 1d in/orders.csv > work/a"]
        if self.latest:
            stages.append(
                "awk -F, '{last[$1] = $0} END {for (id in last) print last[id]}' work/a > work/b; "
                "mv work/b work/a"
            )
        test = " && ".join(condition.awk for condition in self.conditions)
        order = "" if self.key and not self.known else " | sort -t, -k1,1n"
        stages.append(f"awk -F, '{test}' work/a{order} > work/b; mv work/b work/a")
        if self.known or self.key == "category":
            stages.append(
                "awk -F, 'NR == FNR {c[$1] = $2; next} {print $0 \",\" c[$4]}' "
                "in/products.csv work/a > work/b; mv work/b work/a"
            )
        if self.known:
            stages.append(
                "awk -F, '$8 == \"\" {print $1}' work/a > out/unknown.txt\n"
                "awk -F, '$8 != \"\"' work/a > work/b; mv work/b work/a"
            )
        if not self.key:
            fields = ' "," '.join(f"${COLUMNS.index(column) + 1}" for column in self.columns)
            head = f"echo {','.join(self.columns)} > out/report.csv"
            return [*stages, f"{head}\nawk -F, '{{print {fields}}}' work/a >> out/report.csv"]
        return [*stages, *self._adding()]

    def _adding(self) -> list[str]:
        key = {"month": "substr($2, 1, 7)", "category": "$8"}.get(self.key, "")
        key = key or f"${COLUMNS.index(self.key) + 1}"
        rebate = ""
        if self.rebate:
            rebate = f"if ($5 >= {self.rebate[0]}) t -= int(t * {self.rebate[1]} / 100); "
        money = 'int(s[k] / 100) "." sprintf("%02d", s[k] % 100)' if self.euros else "s[k]"
        adding = (
            f"awk -F, '{{t = $5 * $6; {rebate}s[{key}] += t; n[{key}]++}} END {{for (k in s) "
            f'if (s[k] >= {self.least}) print s[k] "," k "," n[k] "," {money}}}\' work/a > work/b'
        )
        top = f" | head -n {self.top}" if self.top else ""
        order = f"sort -t, -k1,1nr work/b{top} | cut -d, -f2- > work/a"
        return [adding, order, f"(echo {self.key},orders,total; cat work/a) > out/report.csv"]


class Pipeline(Terminal):
    """Write scripts that make a report from tables; they are run on tables that come later."""

    name = "shell/pipeline"
    version = "1"
    checks = ("runs_cleanly", "right_on_sample", "right_on_unseen_input")
    statement = (
        f"{HOW}\nWrite one or more bash scripts, steps/1.sh, steps/2.sh and so on, that make a "
        "report of the orders in in/. A sample of the input is there, and in expected/ what should "
        "come out for it. The steps are then judged on other input of the same form, which may "
        f"have no orders at all: each time `{RUN}` is run in a folder that holds steps/ and in/ "
        "and nothing else, must end with exit code 0, and must write the files in out/ byte for "
        "byte."
    )

    def reset(self, task: Task) -> Observation:
        """Draw the wanted report, the sample, and the inputs that come later."""
        rng = task.rng("instance")
        while True:
            self.report = _report(rng, task.level)
            if not task.owns(repr(self.report)):
                continue
            inputs = [_input(rng, self.report, count) for count in (30, *UNSEEN)]
            outputs = [self.report.files(*each) for each in inputs]
            if _telling([each["out/report.csv"] for each in outputs]):
                break
        tables = [texts(_tables(*each)) for each in inputs]
        self.cases = list(zip(tables, outputs, strict=True))
        sample, right = self.cases[0]
        expected = {path.replace("out/", "expected/"): text for path, text in right.items()}
        self.tree = {**texts(expected), **sample}
        told = "\n".join(f"{i}. {step}" for i, step in enumerate(self.report.told(), 1))
        return Observation(
            f"in/orders.csv has the columns {','.join(COLUMNS)}, in/products.csv the columns "
            f"product,category.\nThe report:\n{told}"
        )

    async def judge(self) -> Mapping[str, bool]:
        """Run the steps on the sample and on what they have not seen."""
        steps = {
            path: found
            for path, found in self.tree.items()
            if path.startswith("steps/") and isinstance(found, File)
        }
        if not steps:
            return dict.fromkeys(self.checks, False)
        clean, right = True, list[bool]()
        for tables, expected in self.cases:
            tree: Tree = {**tables, **steps}
            result, after = await execute(tree, RUN, limits=LIMITS)
            clean &= result.code == 0
            right.append(all(text_of(after, path) == text for path, text in expected.items()))
        return {
            "runs_cleanly": clean,
            "right_on_sample": right[0],
            "right_on_unseen_input": all(right[1:]),
        }

    def aftermath(self) -> str:
        """Tell steps that work."""
        return "These steps would have done it:\n" + "\n".join(
            f"# steps/{number}.sh\n{step}" for number, step in enumerate(self.report.steps(), 1)
        )

    def expert(self) -> Iterator[Action]:
        """Look at the sample, write the steps, run them, compare, hand in."""
        yield call("run", command="head in/*; cat expected/*")
        for number, step in enumerate(self.report.steps(), 1):
            yield call("write", path=f"steps/{number}.sh", content=f"{step}\n")
        yield call("run", command=f"{RUN}; diff expected out")
        yield call("submit")


def _telling(reports: list[str]) -> bool:
    """Say whether the sample lists something, and no fixed text is right for many inputs."""
    full = [report for report in reports if report.count("\n") > 1]
    return reports[0] in full and len(set(full)) == len(full) >= len(reports) - 2


def _report(rng: random.Random, level: int) -> Report:
    conditions = _conditions(rng, 1 if level == 1 else 2)
    if level == 1:
        columns = ("id", *rng.sample(COLUMNS[1:], rng.randint(2, 4)))
        return Report(conditions, columns)
    used = {condition.column for condition in conditions}
    keys = [key for key in ("region", "product", "status", "month") if key not in used]
    if level == 2:
        return Report(conditions, key=rng.choice(keys))
    if level == 3:
        return Report(conditions, key=rng.choice(keys), latest=True, euros=rng.random() < 0.5)
    key = "category" if rng.random() < 0.5 else rng.choice(keys)
    least = 500 * rng.randint(2, 30)
    if level == 4:
        return Report(conditions, key=key, latest=True, known=True, least=least)
    rebate = (rng.randint(3, 7), rng.choice((3, 5, 7, 9, 12, 15)))
    return Report(
        conditions, key=key, latest=True, known=True, rebate=rebate, least=least,
        top=rng.randint(2, 3), euros=True,
    )  # fmt: skip


def _conditions(rng: random.Random, count: int) -> tuple[Condition, ...]:
    found: list[Condition] = []
    for column in rng.sample(("status", "region", "quantity", "date", "cents", "product"), count):
        if column == "quantity":
            drawn = (rng.choice((">=", "<=")), str(rng.randint(3, 6)))
        elif column == "cents":
            drawn = (rng.choice((">=", "<=")), str(50 * rng.randint(8, 40)))
        elif column == "date":
            drawn = (rng.choice((">=", "<=")), f"2031-{rng.randint(3, 10):02d}-15")
        elif column == "status":
            drawn = (rng.choice(("==", "!=")), rng.choice(STATES))
        else:
            drawn = ("!=", rng.choice(REGIONS if column == "region" else sorted(PRODUCTS)))
        found.append(Condition(column, *drawn))
    return tuple(found)


def _input(rng: random.Random, report: Report, count: int) -> tuple[list[Order], Mapping[str, str]]:
    """Draw orders in the order of their ids, but for lines that correct an earlier one."""
    ids = sorted(rng.sample(range(80, 3000), count))
    known = sorted(PRODUCTS) if not report.known else rng.sample(sorted(PRODUCTS), 9)
    names = [*PRODUCTS, *UNKNOWN] if report.known else list(PRODUCTS)

    def draw(number: int) -> Order:
        date = f"2031-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
        return Order(
            number, date, rng.choice(REGIONS), rng.choice(names), rng.randint(1, 8),
            rng.randint(150, 2500), rng.choice(STATES),
        )  # fmt: skip

    orders = [draw(number) for number in ids]
    if report.latest and ids:
        for number in rng.sample(ids, len(ids) // 4):
            orders.insert(rng.randint(_after(orders, number), len(orders)), draw(number))
    if not report.latest:
        rng.shuffle(orders)
    return orders, {product: PRODUCTS[product] for product in known}


def _after(orders: list[Order], number: int) -> int:
    return 1 + max(i for i, order in enumerate(orders) if order.id == number)


def _tables(orders: list[Order], products: Mapping[str, str]) -> dict[str, str]:
    listed = "".join(f"{product},{category}\n" for product, category in products.items())
    return {
        "in/orders.csv": ",".join(COLUMNS) + "\n" + "".join(order.line for order in orders),
        "in/products.csv": f"product,category\n{listed}",
    }
