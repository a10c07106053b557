"""Formulas of the spreadsheet: known values, refusals, and agreement with another engine."""

import random
from functools import partial

import pytest

import firsthand as fh
from firsthand.errors import ToolError
from firsthand.worlds.office import sheet_jobs
from firsthand.worlds.office.cell_values import Problem
from firsthand.worlds.office.formula import FormulaError, moved, parse
from firsthand.worlds.office.recalculation import check, recalculate

SHEET = {
    "A1": "North", "A2": "South", "A3": "North", "A4": "East",
    "B1": 10, "B2": "20", "B3": 30, "B4": 2.675,
    "C1": "=B1*2", "C2": "=1/0", "D1": 5, "D2": 10, "D3": 30,
    "E1": "low", "E2": "mid", "E3": "high",
}  # fmt: skip
NOT_AVAILABLE, WRONG_VALUE, NO_DIVISOR = map(Problem, ("#N/A", "#VALUE!", "#DIV/0!"))
KNOWN = {
    "=1+2*3^2": 19, "=-2^2": 4, "=2^-1": 0.5, "=2^3^2": 64, "=50%*4": 2, "=(1+2)*3": 9,
    "=--\"3\"": 3,
    "=1<2": True, '="a"="A"': True, '="10">9': True, '="a"&1.5&TRUE': "a1.5TRUE", "=Z9": 0,
    "=Z9=\"\"": True,
    "=SUM(B1:B4)": 42.675, "=SUM(B1:B2,\"5\",1)": 16, "=B1+B2": 30, "=SUM(B1:B4*1)": WRONG_VALUE,
    "=SUMPRODUCT(VALUE(B1:B4))": 62.675, '=SUMPRODUCT((A1:A4="north")*B1:B4)': 40,
    "=AVERAGE(B1:B3)": 20, "=AVERAGE(Z1:Z3)": NO_DIVISOR, "=COUNT(B1:B4)": 3, "=COUNTA(A1:B5)": 8,
    "=MIN(B1:B4)": 2.675, "=MAX(B1:B4)": 30, "=ROUND(B4,2)": 2.68, "=ROUND(-2.5,0)": -3,
    "=ROUND(1234,-2)": 1200, "=ROUNDUP(2.01,1)": 2.1, "=ROUNDDOWN(-2.09,1)": -2, "=INT(-1.5)": -2,
    "=MOD(-3,2)": 1, "=ABS(-3)": 3, "=(-8)^0.5": Problem("#NUM!"), "=10^999": Problem("#NUM!"),
    '=SUMIF(A1:A4,"North",B1:B4)': 40, '=SUMIF(A:A,"<>South",B:B)': 42.675,
    '=SUMIF(B1:B4,">=10")': 40,
    '=SUMIFS(B1:B4,A1:A4,"North",B1:B4,">"&B1)': 30, '=COUNTIF(A1:A4,"*th")': 3,
    "=COUNTIF(B1:B4,20)": 1, '=COUNTIF(B1:B4,">=20")': 1, '=COUNTIFS(A1:A4,"North",B1:B4,10)': 1,
    '=AVERAGEIF(A1:A4,"North",B1:B4)': 20, '=AVERAGEIFS(B1:B4,A1:A4,"West")': NO_DIVISOR,
    '=MAXIFS(B1:B4,A1:A4,"North")': 30, "=VLOOKUP(10,D1:E3,2,FALSE)": "mid",
    "=VLOOKUP(29,D1:E3,2)": "mid",
    "=VLOOKUP(4,D1:E3,2)": NOT_AVAILABLE, "=VLOOKUP(5,D1:E3,3,0)": Problem("#REF!"),
    '=INDEX(B1:B4,MATCH("EAST",A1:A4,0))': 2.675, '=XLOOKUP("West",A1:A4,B1:B4,"none")': "none",
    "=XLOOKUP(29,D1:D3,E1:E3,,-1)": "mid", "=MATCH(30,D1:D3)": 3, "=INDEX(D1:E3,2,2)": "mid",
    "=IF(D1>4,\"yes\",1/0)": "yes", "=IF(D1>5,1)": False, "=IFERROR(C2,7)": 7,
    "=IFNA(C2,7)": NO_DIVISOR,
    "=AND(D1>1,D2>1)": True, "=OR(D1>5,D2>99)": False, "=NOT(TRUE)": False, "=C1+1": 21,
    "=C2+1": NO_DIVISOR,
    "=ISNUMBER(B2)": False, "=ISTEXT(B2)": True, "=VALUE(\"x\")": WRONG_VALUE, "=A1+1": WRONG_VALUE,
    "=B1:B4": WRONG_VALUE, "=SUM(C1:C2)": NO_DIVISOR,
}  # fmt: skip


def computed(formula, sheet=SHEET):
    check(formula)
    return recalculate({**sheet, "G9": formula})["G9"]


def test_known_values():
    # A total over a computed range keeps the text "20" times one, which is a number.
    expected = {**KNOWN, "=SUM(B1:B4*1)": 62.675}
    found = {formula: computed(formula) for formula in expected}
    for formula, value in expected.items():
        right = value if isinstance(value, Problem) else pytest.approx(value)
        assert found[formula] == right, formula


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("=SUMM(A1)", "No function is named SUMM. Did you mean SUM?"),
        ("=ROUND(1)", "ROUND takes 2 arguments, got 1."),
        ("=VLOOKUP(1,A1:B2)", "VLOOKUP takes 3 to 4 arguments, got 2."),
        ("=SUM(A1;A2)", "Arguments are separated by commas."),
        ("=AA1", "outside the sheet, which reaches from A1 to Z60"),
        ("=A61", "outside the sheet"),
        ("=rate*2", "'rate' is neither a cell nor a function nor a quoted text."),
        ("=1+", "A value is missing before 'its end'."),
        ("=(1", "The formula needs ')' before 'its end'."),
        ("=1 2", "The formula should end before '2'."),
        ("=" + "(" * 200 + "1" + ")" * 200, "nests 24 deep at most"),
        ("=1" + "+1" * 200, "chains 80 operators at most"),
        ("=1" + "%" * 400, "chains 80 operators at most"),
        ("=" + "1" * 600, "500 characters at most, got 601"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_the_reason(formula, said):
    with pytest.raises(FormulaError) as refused:
        check(formula)
    assert said in str(refused.value)


def test_circles_and_too_much_work_are_refused():
    with pytest.raises(FormulaError, match="A cell may not depend on itself: A1 -> B1 -> A1"):
        recalculate({"A1": "=B1", "B1": "=SUM(A1:A3)"})
    heavy = {f"Z{row}": "=SUM(" + ",".join(["A1:Y60"] * 60) + ")" for row in range(1, 61)}
    with pytest.raises(FormulaError, match="too long to compute"):
        recalculate(heavy)
    chain = {f"{column}{row}": 1 for column in "AB" for row in range(1, 61)}
    chain |= {f"C{row}": f"=C{row - 1}&C{row - 1}" for row in range(2, 61)} | {"C1": "abc"}
    assert recalculate(chain)["C60"] == WRONG_VALUE  # a text doubled 59 times


def test_copying_moves_references():
    assert moved('=A1+$B1+C$1+$D$1&"A1"', 2, 3) == '=C4+$B4+E$1+$D$1&"A1"'
    assert moved("=SUM(B:B,$C:D)", 1, 5) == "=SUM(C:C,$C:E)"
    with pytest.raises(FormulaError, match="A1 of =A1 would leave the sheet"):
        moved("=A1", -1, 0)
    assert parse("=sum(a1)") == parse("=SUM(A1)")


def drawn(level, seed):
    rng = random.Random(seed)
    plan = sheet_jobs.draw_plan(rng, sheet_jobs.LEVELS[level])
    return plan, sheet_jobs.draw_entries(plan, rng), sheet_jobs.jobs_of(plan)


def test_solutions_agree_with_plain_arithmetic():
    for seed in range(10):
        plan, entered, jobs = drawn(5, seed)
        solution = {name: one for job in jobs for name, one in job.solution.items()}
        values = recalculate(entered | solution)

        def at(column, row, values=values, plan=plan):
            return values[f"{plan.letter(column)}{row}"]

        first = plan.first
        prices = {at("listed", row): at("cost", row) for row in range(first, first + 5)}
        least, discount, rate, balance = (
            values[plan.parameter(name)] for name in ("bulk", "net", "tax", "running")
        )
        totals, units = {}, 0
        for row in plan.lines:
            quantity = int(at("quantity", row))
            units += quantity
            net = quantity * prices[at("item", row)] * (1 - discount * (quantity >= least))
            balance += net
            totals[at("group", row)] = totals.get(at("group", row), 0) + net
            assert at("running", row) == pytest.approx(balance)
            assert at("tax", row) == pytest.approx(net * rate, abs=0.00501)
        for row in range(first, first + 3):
            assert at("total", row) == pytest.approx(totals[at("label", row)])
        assert at("total", 2 + plan.totals.index("units")) == units


def handed_in(task, change):
    """Hand in the solution with some cells changed."""
    environment = fh.make(task.environment)
    environment.reset(task)
    solution = {name: one for job in environment.jobs for name, one in job.solution.items()}
    values = recalculate(environment.entered | solution)
    environment._write({n: str(one) for n, one in change(environment, solution, values).items()})
    environment.hand_in()
    return environment.score(), environment.aftermath()


def test_traps_are_traps():
    for task in fh.tasks("office/spreadsheet", 2, level=5):
        assert handed_in(task, lambda _e, right, _v: right)[0].value == 1.0
        pasted, told = handed_in(task, lambda _e, right, v: {n: v[n] for n in right})
        assert pasted.checks["right_here"] and not pasted.checks["right_elsewhere"]
        assert "wrong when the entries change" in told
        for formula in ("=VALUE", "=SUM(#)", '=SUMIF(@,"<>Subtotal",#)', "=SUMPRODUCT(VALUE(#))"):
            assert not handed_in(task, partial(naive, formula))[0].checks["right_elsewhere"]
        assert not handed_in(task, slipped)[0].value


def naive(formula, environment, right, values):
    """Add up the quantities as if no number were text, or no row a subtotal."""
    plan = environment.plan
    cell = f"{plan.letter('total')}{2 + plan.totals.index('units')}"
    written = formula.replace("#", plan.range("quantity")).replace("@", plan.range("group"))
    return right | {cell: f"={values[cell]}+0" if formula == "=VALUE" else written}


def slipped(environment, right, _values):
    """Copy the tax without dollars before the rate."""
    plan = environment.plan
    column, rate = plan.letter("tax"), plan.parameter("tax", "$")
    first = right[f"{column}{plan.first}"].replace(rate, rate.replace("$", ""))
    rows = range(plan.first, plan.first + 3)
    return right | {f"{column}{row}": moved(first, 0, row - plan.first) for row in rows}


def test_what_is_typed_is_taken_as_meant():
    (task,) = fh.tasks("office/spreadsheet", 1)
    environment = fh.make(task.environment)
    environment.reset(task)
    for typed, held in (("12", 12.0), ("'12", "12"), ("'=1+1", "'=1+1"), ("nan", "nan")):
        environment.set("Z1", typed)
        environment.fill("Z1", "Z2:Z3")
        assert environment.written["Z3"] == environment.written["Z1"] == held
    assert environment.set("Z4", "=SUM(Z1:Z3)/0") == (
        "Z4 is now #DIV/0!. (it divides by zero, or averages nothing)"
    )
    assert environment.set("Z4", "") == "Z4 is now empty."
    with pytest.raises(ToolError, match="was entered by others and cannot be changed"):
        environment.set(f"{environment.plan.letter('no')}1", "=1")
    assert computed("=SUM(1E308,1E308)") == Problem("#NUM!")
    assert computed("=SUMPRODUCT({0},{0})".format("B1:B4*1E307*A1")) == WRONG_VALUE


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_another_engine_computes_the_same(tmp_path):
    openpyxl, formulas = map(pytest.importorskip, ("openpyxl", "formulas"))
    for level in (3, 5):
        for seed in range(4):
            _, entered, jobs = drawn(level, seed)
            sheet = entered | {name: f for job in jobs for name, f in job.solution.items()}
            book = openpyxl.Workbook()
            for name, content in sheet.items():
                book.active[name] = content
            book.active.title = "S"
            book.save(path := tmp_path / f"{level}_{seed}.xlsx")
            found = formulas.ExcelModel().loads(str(path)).finish().calculate()
            cells = {
                key.rpartition("!")[2]: value.value[0, 0]
                for key, value in found.items()
                if "!" in key and ":" not in key.rpartition("!")[2]
            }
            values = recalculate(sheet)
            asked = [name for job in jobs for name in job.cells]
            assert all(values[name] == pytest.approx(cells[name]) for name in asked)
