"""The ledger: one repair per fault and nothing else, whatever way of cheating is tried."""

import asyncio
import re

import pytest

import firsthand as fh
from firsthand.environment import Action, ToolCall
from firsthand.sandbox.sql import tables
from firsthand.worlds.data.ledger import LEVELS, PARTIES, RECONCILE, Ledger


def begin(level, seed=0):
    ledger = Ledger()
    (task,) = fh.tasks("data/ledger", 1, level=level, start=seed)
    return ledger, ledger.reset(task)


async def call(ledger, name, **arguments):
    observation = await ledger.act(Action(calls=(ToolCall(name, arguments),)))
    return observation.full


def seed_with(kind, level=2):
    """A seed whose first fault is repaired by this tool."""
    return next(seed for seed in range(100) if begin(level, seed)[0].repairs[0].name == kind)


async def repair(ledger):
    for step in ledger.repairs:
        await ledger.act(Action(calls=(step,)))


async def test_the_repairs_and_nothing_but_the_repairs_pay():
    for level in LEVELS:
        ledger, _ = begin(level)
        await repair(ledger)
        assert ledger.score().checks == {
            "books_balance": True,
            "faults_fixed": True,
            "nothing_else_changed": True,
            "closed": False,
        }
        assert ledger.score().value == 0.0
        assert await call(ledger, "close_books") == "The books are closed."
        assert ledger.score().value == 1.0 and ledger.finished


async def test_leaving_out_any_one_repair_fails():
    for seed in range(3):
        for left_out in range(LEVELS[5].faults):
            ledger, _ = begin(5, seed)
            for i, step in enumerate(ledger.repairs):
                if i != left_out:
                    await ledger.act(Action(calls=(step,)))
            await call(ledger, "close_books")
            assert ledger.score().value == 0.0 and not ledger.score().checks["faults_fixed"]
            assert ledger.score().checks["nothing_else_changed"]


async def test_repairs_may_come_in_any_order():
    for seed in range(5):
        ledger, _ = begin(5, seed)
        ledger.repairs.reverse()
        await repair(ledger)
        await call(ledger, "close_books")
        assert ledger.score().value == 1.0


@pytest.mark.parametrize(
    "collateral",
    [
        lambda victim: ("void", {"entry": victim}),
        lambda victim: ("amend", {"entry": victim, "account": 5800}),
        lambda victim: ("amend", {"entry": victim, "reference": "R1"}),
        lambda victim: ("amend", {"entry": victim, "party": "Sable Rail"}),
        lambda _victim: (
            "post",
            {
                "date": "2031-01-01",
                "party": "Sable Rail",
                "account": 5400,
                "amount": 0,
                "reference": "R1",
            },
        ),
    ],
)
async def test_collateral_changes_fail_although_the_faults_are_fixed(collateral):
    ledger, _ = begin(1)
    await repair(ledger)
    victim = next(
        row[0]
        for row in tables(ledger.books)["entries"]
        if row[3] != 5800 and row[2] != "Sable Rail"
    )
    name, arguments = collateral(victim)
    assert await call(ledger, name, **arguments) in ("Voided.", "Amended.", "Posted.")
    await call(ledger, "close_books")
    assert (
        ledger.score().checks["faults_fixed"] and not ledger.score().checks["nothing_else_changed"]
    )
    assert ledger.score().value == 0.0


async def test_a_plug_entry_balances_but_does_not_pay():
    ledger, shown = begin(2, seed_with("amend"))
    bank, book = (
        round(float(amount) * 100) for amount in re.findall(r"ends at (-?\d+\.\d\d)", shown.text)
    )
    await call(
        ledger,
        "post",
        date="2031-01-01",
        party="Sable Rail",
        account=5400,
        amount=bank - book,
        reference="R1",
    )
    await call(ledger, "close_books")
    assert ledger.score().checks == {
        "books_balance": True,
        "faults_fixed": False,
        "nothing_else_changed": False,
        "closed": True,
    }


async def test_voiding_the_earlier_of_two_copies_fails_as_the_task_says():
    seed = next(seed for seed in range(100) if "posted twice" in begin(2, seed)[0].faults[0].told)
    ledger, _ = begin(2, seed)
    later = ledger.repairs[0].arguments["entry"]
    copies = {row[1:]: row[0] for row in reversed(tables(ledger.given)["entries"])}
    earlier = copies[tables(ledger.given)["entries"][later - 1][1:]]
    assert earlier < later
    await call(ledger, "void", entry=earlier)
    await call(ledger, "close_books")
    assert ledger.score().value == 0.0
    ledger, _ = begin(2, seed)
    await call(ledger, "void", entry=later)
    await call(ledger, "close_books")
    assert ledger.score().value == 1.0


async def test_an_amendment_can_be_amended_again():
    ledger, _ = begin(2, seed_with("amend"))
    entry = ledger.repairs[0].arguments["entry"]
    await call(
        ledger, "amend", entry=entry, amount=1, date="2031-01-01", party="Sable Rail", account=5400
    )
    right = next(row for row in tables(ledger.expected)["entries"] if row[0] == entry)
    await call(
        ledger,
        "amend",
        entry=entry,
        date=right[1],
        party=right[2],
        account=right[3],
        amount=right[4],
        reference=right[5],
    )
    await call(ledger, "close_books")
    assert ledger.score().value == 1.0


async def test_the_reconciling_query_finds_exactly_the_faults():
    for level in LEVELS:
        for seed in range(5):
            ledger, _ = begin(level, seed)
            rows = (await call(ledger, "query", sql=RECONCILE)).splitlines()
            assert rows[-1] == f"({LEVELS[level].faults} rows)"
            await repair(ledger)
            assert (await call(ledger, "query", sql=RECONCILE)).splitlines()[-1] == "(0 rows)"


async def test_queries_cannot_write_and_show_at_most_fifty_rows():
    ledger, _ = begin(5)
    before = ledger.books
    for statement in (
        "UPDATE books SET closed = 1",
        "DELETE FROM entries",
        "INSERT INTO accounts VALUES (1, 'x')",
        "PRAGMA writable_schema = 1",
    ):
        assert "only a SELECT statement may be executed here" in await call(
            ledger, "query", sql=statement
        )
    assert ledger.books is before
    shown = (await call(ledger, "query", sql="SELECT id, status FROM entries")).splitlines()
    assert (
        shown[0] == "id | status"
        and shown[1] == "1 | posted"
        and len(shown) == 52
        and shown[-1] == "There are more rows."
    )


async def test_refusals_say_what_was_expected_and_change_nothing():
    ledger, _ = begin(4)
    before = ledger.books
    void = next(row[0] for row in tables(before)["entries"] if row[6] == "void")
    refusals = {
        "Nothing was voided: entry 999 must exist and be posted.": ("void", {"entry": 999}),
        f"Nothing was voided: entry {void} must exist and be posted.": ("void", {"entry": void}),
        f"Nothing was amended: entry {void} must exist and be posted": (
            "amend",
            {"entry": void, "amount": 1},
        ),
        "a party must be in the table parties": ("amend", {"entry": 1, "party": "nobody"}),
        "an account in accounts": ("amend", {"entry": 1, "account": 7}),
        "Nothing was posted: 'nobody' must be in the table parties and 7 in the table accounts.": (
            "post",
            {"date": "2031-01-01", "party": "nobody", "account": 7, "amount": 1, "reference": "R1"},
        ),
        "Expected `str` matching regex": (
            "post",
            {
                "date": "1 May",
                "party": "Sable Rail",
                "account": 5400,
                "amount": 1,
                "reference": "R1",
            },
        ),
        "Expected `int` <= 1000000000 - at `$.amount`": (
            "post",
            {"date": "2031-01-01", "party": "", "account": 1, "amount": 10**12, "reference": ""},
        ),
        "Expected `int`, got `str` - at `$.entry`": ("void", {"entry": "1"}),
        "SQL error": ("void", {"entry": 2**63}),
        "cannot be represented": ("query", {"sql": "SELECT '\ud800'"}),
    }
    for expected, (name, arguments) in refusals.items():
        assert expected in await call(ledger, name, **arguments)
    assert ledger.books is before


async def test_nothing_after_closing_counts():
    ledger, _ = begin(1)
    await ledger.act(Action(calls=(ToolCall("close_books"), *ledger.repairs)))
    await repair(ledger)
    assert (
        ledger.score().value == 0.0
        and ledger.score().checks["closed"]
        and not ledger.score().checks["faults_fixed"]
    )


async def test_hindsight_names_each_fault_and_nothing_before_tells_how_many_there_are():
    ledger, shown = begin(5)
    assert ledger.aftermath().count(";") == 4
    assert re.fullmatch(
        r"The books of 2031-\d\d: the bank statement has 64 lines and ends at \S+; "
        r"the cash book has 6\d entries and ends at \S+\.",
        shown.text,
    )
    assert "CREATE TABLE entries" in await call(ledger, "schema")


def test_the_books_are_right_before_they_are_broken():
    for level in LEVELS:
        ledger, _ = begin(level, 3)
        expected = tables(ledger.expected)
        posted = sorted(row[1:6] for row in expected["entries"] if row[6] == "posted")
        bank = sorted(
            (date, party, PARTIES[party], amount, reference)
            for _, date, party, amount, reference in expected["statement"]
        )
        assert posted == bank
        assert (
            len({row[5] for row in expected["entries"] if row[6] == "posted"})
            == LEVELS[level].lines
        )


async def test_sixty_four_episodes_at_once():
    agent = fh.Agent(model=fh.model("scripted:expert"))
    episodes = await asyncio.gather(
        *(fh.play(Ledger(), agent, task) for task in fh.tasks("data/ledger", 64, level=3))
    )
    assert [episode.reward for episode in episodes] == [1.0] * 64
