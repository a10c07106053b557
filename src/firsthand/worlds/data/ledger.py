"""A cash book that does not match the bank statement, as a real SQLite database behind tools.

Instances are built backwards: correct books are drawn first and then broken, and each way of
breaking them has one repair that the task statement prescribes. The score compares the whole
database with the repaired one. Left out: double entry, several currencies, and bank lines without a
reference.
"""

import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache
from typing import Annotated, NamedTuple

import msgspec

from firsthand.environment import Action, Environment, Observation, Score, ToolCall, tool
from firsthand.errors import ToolError
from firsthand.sandbox.sql import execute, tables
from firsthand.sandbox.sql_worker import Row
from firsthand.task import Task

SCHEMA = """\
CREATE TABLE books (month TEXT NOT NULL, opening INTEGER NOT NULL, closed INTEGER NOT NULL);
CREATE TABLE accounts (code INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE parties (
  name TEXT PRIMARY KEY, account INTEGER NOT NULL REFERENCES accounts
) WITHOUT ROWID;
CREATE TABLE statement (
  line INTEGER PRIMARY KEY, date TEXT NOT NULL, party TEXT NOT NULL,
  amount INTEGER NOT NULL, reference TEXT NOT NULL
);
CREATE TABLE entries (
  id INTEGER PRIMARY KEY, date TEXT NOT NULL, party TEXT NOT NULL REFERENCES parties,
  account INTEGER NOT NULL REFERENCES accounts, amount INTEGER NOT NULL,
  reference TEXT NOT NULL, status TEXT NOT NULL CHECK (status IN ('posted', 'void'))
);
"""

ACCOUNTS = {
    4000: "sales", 4100: "repairs for customers", 5000: "materials", 5100: "rent", 5200: "energy",
    5300: "telephone", 5400: "travel", 5500: "insurance", 5600: "office supplies",
    5700: "advertising", 5800: "cleaning",
}  # fmt: skip
PARTIES = {
    "Alder Joinery": 4000, "Brook Hotel": 4000, "Castor Cafe": 4000, "Dunes School": 4000,
    "Elm Clinic": 4000, "Fennel Kitchen": 4000, "Gable Homes": 4100, "Harbour Museum": 4100,
    "Iris Florist": 4100, "Juniper Bakery": 4100, "Kestrel Timber": 5000, "Lintel Steel": 5000,
    "Mica Paints": 5000, "Norden Glass": 5000, "Orchard Estates": 5100, "Pylon Power": 5200,
    "Quarry Gas": 5200, "Relay Telecom": 5300, "Sable Rail": 5400, "Tern Taxis": 5400,
    "Umber Mutual": 5500, "Vellum Paper": 5600, "Willow Print": 5700, "Yarrow Cleaners": 5800,
}  # fmt: skip
RECONCILE = """\
SELECT s.line, s.date, s.party, s.amount, s.reference, e.id, e.date, e.account, e.amount
FROM statement s JOIN parties p ON p.name = s.party
LEFT JOIN entries e ON e.reference = s.reference AND e.status = 'posted'
WHERE e.id IS NULL OR e.amount <> s.amount OR e.date <> s.date OR e.account <> p.account
UNION ALL SELECT NULL, NULL, NULL, NULL, reference, id, date, account, amount FROM entries e
WHERE status = 'posted' AND (reference NOT IN (SELECT reference FROM statement)
OR id > (SELECT min(id) FROM entries f WHERE f.reference = e.reference AND f.status = 'posted'))"""
"""What an accountant would ask: everything that does not match. The expert asks it too."""


class Entry(NamedTuple):
    """One row of the cash book, without its number. `amount` is in cents, negative when money went
    out.
    """

    date: str
    party: str
    account: int
    amount: int
    reference: str
    status: str = "posted"

    @property
    def money(self) -> str:
        """The amount in words for people."""
        return (
            f"{abs(self.amount) / 100:.2f} {'from' if self.amount > 0 else 'to'} {self.party} "
            f"({self.reference})"
        )


class Fault(NamedTuple):
    """One thing that is wrong: the row as it is (None: missing), the row as it should be, and what
    happened.
    """

    found: Entry | None
    right: Entry
    told: str


class Shape(msgspec.Struct, frozen=True):
    """How large and how broken the books of a level are."""

    lines: int
    kinds: tuple[str, ...]
    faults: int
    twins: int = 0
    """Bank lines that look like another: same party and amount, or its digits swapped."""
    voids: int = 0
    """Entries that were voided rightly, earlier."""


_ALL = ("missing", "amount", "duplicate", "stray", "account", "date")
LEVELS = {
    1: Shape(8, ("missing",), 1),
    2: Shape(14, ("missing", "amount", "duplicate", "stray"), 1),
    3: Shape(24, _ALL, 2, twins=2),
    4: Shape(40, _ALL, 3, twins=5, voids=2),
    5: Shape(64, _ALL, 5, twins=10, voids=4),
}


class Ledger(Environment):
    """Find what is wrong in a cash book and correct it until it matches the bank statement."""

    name = "data/ledger"
    version = "1"
    turns = 20
    statement = (
        "You keep the cash book of a small workshop, a SQLite database. Make it match the "
        "bank statement of the month, which is always right, and then close the books; "
        "nothing counts before that, and nothing can be done after it.\n- A bank line and "
        "an entry belong together when their references are equal. Each bank line needs "
        "exactly one posted entry with the same date, party and amount (in cents, negative "
        "when money went out), on the account that the table parties names for the party.\n"
        "- Post an entry that is missing. Amend an entry that is wrong. Void an entry that "
        "belongs to no bank line; of two entries for one bank line, void the one with the "
        "higher number.\n- Leave everything else as it is. An amendment can be amended "
        "again; an entry once posted or voided cannot be taken back."
    )

    def reset(self, task: Task) -> Observation:
        """Draw correct books and break them."""
        rng, shape = task.rng("instance"), LEVELS[task.level]
        while True:
            month, opening = f"2031-{rng.randint(1, 12):02d}", rng.randint(200_000, 900_000)
            bank = _bank(rng, shape, month)
            faults = _faults(rng, shape, bank)
            rows = _rows(rng, shape, bank, faults)
            if task.owns(msgspec.json.encode((month, opening, bank, rows)).decode()):
                break
        self.given, self.expected = _images(month, opening, bank, rows, faults)
        self.books = self.given
        self.judged = (self.books, _judge(self.given, self.expected, self.books))
        self.faults = faults
        self.repairs = [_repair(fault, rows) for fault in faults]
        posted = sum(row.amount for row in rows if row.status == "posted")
        return Observation(
            f"The books of {month}: the bank statement has {len(bank)} lines and ends at "
            f"{(opening + sum(line.amount for line in bank)) / 100:.2f}; the cash book has "
            f"{len(rows)} entries and ends at {(opening + posted) / 100:.2f}."
        )

    @tool
    def schema(self) -> str:
        """Show the tables of the database."""
        return SCHEMA

    @tool
    async def query(self, sql: str) -> str:
        """Execute one SELECT statement (SQLite) and show its first 50 rows."""
        result = await execute(self.books, sql, rows=50, client=self)
        lines = [
            " | ".join("" if cell is None else str(cell) for cell in row)
            for row in (result.columns, *result.rows)
        ]
        return "\n".join(
            [*lines, "There are more rows." if result.cut else f"({len(result.rows)} rows)"]
        )

    @tool
    async def post(
        self,
        date: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")],
        party: str,
        account: int,
        amount: Annotated[
            int,
            msgspec.Meta(
                ge=-(10**9), le=10**9, description="In cents, negative when money goes out."
            ),
        ],
        reference: str,
    ) -> str:
        """Post a new entry."""
        await self._change(
            "INSERT INTO entries (date, party, account, amount, reference, status) SELECT "
            "?, p.name, a.code, ?, ?, 'posted' FROM parties p, accounts a WHERE p.name = ? "
            "AND a.code = ?",
            (date, amount, reference, party, account),
            (
                f"Nothing was posted: {party!r} must be in the table parties and {account} in "
                "the table accounts."
            ),
        )
        return "Posted."

    @tool
    async def amend(
        self,
        entry: int,
        date: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None,
        party: str | None = None,
        account: int | None = None,
        amount: Annotated[int, msgspec.Meta(ge=-(10**9), le=10**9)] | None = None,
        reference: str | None = None,
    ) -> str:
        """Change what is given of a posted entry, named by its id, and keep the rest."""
        await self._change(
            "UPDATE entries SET date = coalesce(?1, date), party = coalesce(?2, party), "
            "account = coalesce(?3, account), amount = coalesce(?4, amount), reference = "
            "coalesce(?5, reference) WHERE id = ?6 AND status = 'posted' AND coalesce(?2, "
            "party) IN (SELECT name FROM parties) AND coalesce(?3, account) IN (SELECT "
            "code FROM accounts)",
            (date, party, account, amount, reference, entry),
            (
                f"Nothing was amended: entry {entry} must exist and be posted, a party must be "
                "in the table parties and an account in accounts."
            ),
        )
        return "Amended."

    @tool
    async def void(self, entry: int) -> str:
        """Void a posted entry, named by its id."""
        refusal = f"Nothing was voided: entry {entry} must exist and be posted."
        await self._change(
            "UPDATE entries SET status = 'void' WHERE id = ? AND status = 'posted'",
            (entry,),
            refusal,
        )
        return "Voided."

    @tool
    async def close_books(self) -> str:
        """Close the books of the month. This ends the work."""
        await self._change("UPDATE books SET closed = 1", (), "")
        self.finish()
        return "The books are closed."

    async def _change(self, sql: str, parameters: Row, refusal: str) -> None:
        result = await execute(self.books, sql, parameters, writes=True, client=self)
        if not result.changed:
            raise ToolError(refusal)
        self.books = result.image

    def score(self) -> Score:
        """Compare the whole database with the repaired one; new entries may be in any order."""
        if self.judged[0] is not self.books:
            self.judged = (self.books, _judge(self.given, self.expected, self.books))
        return self.judged[1]

    def aftermath(self) -> str:
        """Tell what had been wrong."""
        return "What was wrong: " + "; ".join(fault.told for fault in self.faults) + "."

    def expert(self) -> Iterator[Action]:
        """Look first, as anyone would; then repair and close."""
        yield _call("schema")
        yield _call("query", sql=RECONCILE)
        for repair in self.repairs:
            yield Action(calls=(repair,))
        yield _call("close_books")


def _judge(given_image: bytes, expected_image: bytes, image: bytes) -> Score:
    given, expected, now = tables(given_image), tables(expected_image), tables(image)
    old, right, mine = (
        {row[0]: row for row in found["entries"]} for found in (given, expected, now)
    )
    broken = {number for number in old if old[number] != right[number]}
    wanted, added = (
        Counter(row[1:] for number, row in rows.items() if number not in old)
        for rows in (right, mine)
    )
    return Score(
        books_balance=sum(line[3] for line in now["statement"])
        == sum(row[4] for row in now["entries"] if row[6] == "posted"),
        faults_fixed=all(mine.get(number) == right[number] for number in broken)
        and not wanted - added,
        nothing_else_changed=all(
            mine.get(number) == row for number, row in old.items() if number not in broken
        )
        and not added - wanted
        and all(
            now.get(name) == rows
            for name, rows in given.items()
            if name not in ("entries", "books")
        ),
        closed=now["books"] == expected["books"],
    )


def _call(name: str, **arguments: object) -> Action:
    return Action(calls=(ToolCall(name, arguments, name),))


def _bank(rng: random.Random, shape: Shape, month: str) -> list[Entry]:
    """Draw the bank lines of a month in order of date, as the entries that should be there."""
    references = iter(f"R{number}" for number in rng.sample(range(1000, 10_000), shape.lines))

    def draw(party: str, amount: int) -> Entry:
        return Entry(
            f"{month}-{rng.randint(1, 28):02d}", party, PARTIES[party], amount, next(references)
        )

    names = list(PARTIES)
    lines = [
        draw(party, _amount(rng, party))
        for party in rng.choices(names, k=shape.lines - shape.twins)
    ]
    for model in rng.sample(lines, shape.twins):
        lines.append(
            draw(model.party, model.amount if rng.random() < 0.5 else _slip(rng, model.amount))
        )
    return sorted(lines)


def _amount(rng: random.Random, party: str) -> int:
    return rng.randint(1_000, 99_999) * (1 if PARTIES[party] < 5000 else -1)


def _slip(rng: random.Random, amount: int) -> int:
    """Mistype an amount: swap two digits, or else add a nought."""
    digits = str(abs(amount))
    places = [
        i for i in range(len(digits) - 1) if digits[i] != digits[i + 1] and (i or digits[1] != "0")
    ]
    if not places:
        return amount * 10
    i = rng.choice(places)
    return int(f"{digits[:i]}{digits[i + 1]}{digits[i]}{digits[i + 2 :]}") * (
        1 if amount > 0 else -1
    )


def _faults(rng: random.Random, shape: Shape, bank: list[Entry]) -> list[Fault]:
    """Break some lines, each in another way."""
    kinds = rng.sample(shape.kinds, shape.faults)
    unused = iter(f"R{number}" for number in rng.sample(range(10_000, 11_000), shape.faults))
    return [
        _BREAK[kind](rng, victim, next(unused))
        for kind, victim in zip(kinds, rng.sample(bank, shape.faults), strict=True)
    ]


def _missing(_rng: random.Random, right: Entry, _unused: str) -> Fault:
    return Fault(None, right, f"{right.money} was never posted")


def _wrong_amount(rng: random.Random, right: Entry, _unused: str) -> Fault:
    found = right._replace(amount=_slip(rng, right.amount))
    return Fault(found, right, f"{right.money} was posted as {abs(found.amount) / 100:.2f}")


def _duplicate(_rng: random.Random, right: Entry, _unused: str) -> Fault:
    return Fault(right, right._replace(status="void"), f"{right.money} was posted twice")


def _stray(rng: random.Random, model: Entry, unused: str) -> Fault:
    found = model._replace(amount=_amount(rng, model.party), reference=unused)
    return Fault(found, found._replace(status="void"), f"{found.money} never went through the bank")


def _wrong_account(rng: random.Random, right: Entry, _unused: str) -> Fault:
    account = rng.choice(
        [
            code
            for code in ACCOUNTS
            if code != right.account and (code < 5000) == (right.account < 5000)
        ]
    )
    return Fault(
        right._replace(account=account),
        right,
        f"{right.money} was booked under {ACCOUNTS[account]}, not {ACCOUNTS[right.account]}",
    )


def _wrong_date(rng: random.Random, right: Entry, _unused: str) -> Fault:
    day = rng.choice([day for day in range(1, 29) if day != int(right.date[-2:])])
    return Fault(
        right._replace(date=f"{right.date[:-2]}{day:02d}"),
        right,
        f"{right.money} was dated the {day}., not the {int(right.date[-2:])}.",
    )


_BREAK: dict[str, Callable[[random.Random, Entry, str], Fault]] = {
    "missing": _missing,
    "amount": _wrong_amount,
    "duplicate": _duplicate,
    "stray": _stray,
    "account": _wrong_account,
    "date": _wrong_date,
}


def _rows(rng: random.Random, shape: Shape, bank: list[Entry], faults: list[Fault]) -> list[Entry]:
    """Write the broken cash book, in the order in which it was kept: nearly that of the bank."""
    instead = {fault.right: fault.found for fault in faults if fault.right.status == "posted"}
    rows = [row for line in bank if (row := instead.get(line, line)) is not None]
    for extra in [
        fault.found for fault in faults if fault.found and fault.right.status == "void"
    ] + [line._replace(status="void") for line in rng.sample(bank, shape.voids)]:
        rows.insert(rng.randint(0, len(rows)), extra)
    return rows


def _number(fault: Fault, rows: list[Entry]) -> int:
    """The entry that a fault is about: of two equal ones, the later."""
    return max(number for number, row in enumerate(rows, 1) if row == fault.found)


def _repair(fault: Fault, rows: list[Entry]) -> ToolCall:
    """The one call that the task statement prescribes for a fault."""
    right = fault.right
    if fault.found is None:
        return ToolCall(
            "post",
            {
                "date": right.date,
                "party": right.party,
                "account": right.account,
                "amount": right.amount,
                "reference": right.reference,
            },
            "post",
        )
    number = _number(fault, rows)
    if right.status == "void":
        return ToolCall("void", {"entry": number}, "void")
    changed = {
        name: value
        for name, value, was in zip(Entry._fields, right, fault.found, strict=True)
        if value != was
    }
    return ToolCall("amend", {"entry": number, **changed}, "amend")


def _images(
    month: str, opening: int, bank: list[Entry], rows: list[Entry], faults: list[Fault]
) -> tuple[bytes, bytes]:
    """Return the database as it is found and as it should become."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(_template())
        connection.execute("INSERT INTO books VALUES (?, ?, 0)", (month, opening))
        connection.executemany(
            "INSERT INTO statement (date, party, amount, reference) VALUES (?, ?, ?, ?)",
            [(e.date, e.party, e.amount, e.reference) for e in bank],
        )
        insert = (
            "INSERT INTO entries (date, party, account, amount, reference, status) VALUES (?, "
            "?, ?, ?, ?, ?)"
        )
        connection.executemany(insert, rows)
        connection.commit()
        given = connection.serialize()
        for fault in faults:
            if fault.found is None:
                connection.execute(insert, fault.right)
            else:
                update = (
                    "UPDATE entries SET date = ?, party = ?, account = ?, amount = ?, "
                    "reference = ?, status = ? WHERE id = ?"
                )
                connection.execute(update, (*fault.right, _number(fault, rows)))
        connection.execute("UPDATE books SET closed = 1")
        connection.commit()
        return given, connection.serialize()


@cache
def _template() -> bytes:
    """The database that all instances begin from: the tables, the accounts and the parties."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("PRAGMA page_size = 1024")
        connection.executescript(SCHEMA)
        connection.executemany("INSERT INTO accounts VALUES (?, ?)", ACCOUNTS.items())
        connection.executemany("INSERT INTO parties VALUES (?, ?)", PARTIES.items())
        connection.commit()
        return connection.serialize()
