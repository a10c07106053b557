"""A spreadsheet to be completed with formulas, which are judged on figures that come later.

What is filled in is recomputed on the sheet that was shown and on sheets whose entries are drawn
afresh when the work is handed in: a pasted number, a name typed into a formula or a reference that
slipped while copying fails there. Upper levels hold numbers that were entered as text and hidden
subtotals. Left out: several sheets, dates, charts, and rows that are inserted.
"""

from collections.abc import Iterator, Mapping

import msgspec

from firsthand.environment import Action, Environment, Observation, Score, ToolCall, tool
from firsthand.errors import ToolError
from firsthand.task import Task
from firsthand.worlds.office.cell_values import Content, Problem, Value, text
from firsthand.worlds.office.formula import (
    Area,
    Cell,
    FormulaError,
    moved,
    read_area,
    read_cell,
)
from firsthand.worlds.office.recalculation import check, is_formula, recalculate
from firsthand.worlds.office.sheet_jobs import (
    LEVELS,
    Job,
    draw_entries,
    draw_plan,
    jobs_of,
    read,
    sheets,
)

FRESH = 3
"""Sheets with other entries on which the formulas are judged."""
MOST_SHOWN = 900
MOST_FILLED = 200
MOST_WRITTEN = 600
"""Cells that are shown at once, filled by one call, and written in all."""
LONGEST_TEXT = 200


class Spreadsheet(Environment):
    """Complete a spreadsheet with formulas that stay right when its entries change."""

    name = "office/spreadsheet"
    version = "1"
    turns = 56
    statement = (
        "You complete a spreadsheet. Fill the cells that are named with formulas and hand the "
        "sheet in; nothing counts before that, and nothing can be done after it.\n- The formulas "
        "are judged on this sheet and on others like it, whose entries are different: the figures, "
        "the names, the order of lists and the labels beside totals. So write neither a number nor "
        "a name into a formula that stands in a cell: refer to the cell.\n- What was entered "
        "cannot be changed. Any cell that is empty may be used for help.\n- A number that was "
        "entered as text (it appears as '12) counts as the number. Rows that say Subtotal are no "
        "lines: nothing of them counts.\n- Formulas are those of common "
        "office programs, with commas: =IF(A2>=$B$1,ROUND(A2*C2,2),0). Copying moves references, "
        "except what a $ stands before."
    )

    def reset(self, task: Task) -> Observation:
        """Draw where things stand, and then what was entered."""
        rng = task.rng("instance")
        while True:
            self.plan = draw_plan(rng, LEVELS[task.level])
            self.entered = draw_entries(self.plan, rng)
            if task.owns(msgspec.json.encode((self.plan, self.entered)).decode()):
                break
        self.task = task
        self.jobs = tuple(jobs_of(self.plan))
        self.written: dict[str, Content] = {}
        self.handed_in = False
        self.failed: dict[str, tuple[int, ...]] = {}
        lines = [f"- {_ranges(job)}: {job.told}." for job in self.jobs]
        return Observation(
            f"The sheet {self.plan.theme.title!r} has {len(self.plan.lines)} lines. Fill:\n"
            + "\n".join(lines)
        )

    @tool
    def show(self, cells: str, formulas: bool = False, hidden: bool = False) -> str:
        """Show a range such as A1:Q30: values, or formulas where there are some; `?` is to be
        filled. Hidden rows are left out unless asked for.
        """
        area = _area(cells)
        if len(list(area.cells)) > MOST_SHOWN:
            raise ToolError(f"{MOST_SHOWN} cells are shown at most: ask for a smaller range.")
        return self._drawn(area, formulas=formulas, hidden=hidden)

    @tool
    def set(self, cell: str, content: str) -> str:
        """Write a number, a text or a formula (=...) into a cell; an empty content clears it."""
        place = _cell(cell)
        shown = self._write({place.name: content}).get(place.name)
        return f"{place.name} is now {_shown(shown) or 'empty'}.{_explained(shown)}"

    @tool
    def fill(self, cell: str, to: str) -> str:
        """Copy the formula of a cell to a range, or to several with commas between them; its
        references move along, except what a $ stands before.
        """
        source = _cell(cell)
        content = self.written.get(source.name)
        if content is None:
            raise ToolError(f"{source.name} holds nothing that you wrote; write a formula first.")
        places = [place for part in to.split(",") for place in _area(part).cells]
        if len(places) > MOST_FILLED:
            raise ToolError(f"{MOST_FILLED} cells are filled at once at most, got {len(places)}.")
        values = self._write({place.name: _copied(content, source, place) for place in places})
        ends = (places[0].name, places[-1].name)
        first, last = (f"{name} is now {_shown(values[name])}" for name in ends)
        faulty = [place.name for place in places if isinstance(values[place.name], Problem)]
        warned = f" Errors are in {', '.join(faulty[:8])}." if faulty else ""
        return f"Filled {len(places)} cells: {first}, {last}.{warned}"

    @tool
    def hand_in(self) -> str:
        """Hand the sheet in as it is. This ends the work."""
        self.failed = self._judge()
        self.handed_in = True
        self.finish()
        return "The sheet is handed in."

    def _write(self, contents: Mapping[str, str]) -> dict[str, Value]:
        """Write into cells, all or none, and return the values of the sheet."""
        after = dict(self.written)
        for name, content in contents.items():
            if name in self.entered:
                raise ToolError(f"{name} was entered by others and cannot be changed.")
            if len(content) > LONGEST_TEXT and not content.startswith("="):
                raise ToolError(f"A text has {LONGEST_TEXT} characters at most.")
            try:
                if content.startswith("="):
                    check(content)
            except FormulaError as error:
                raise ToolError(f"{name} was not changed: {error}") from None
            after.pop(name, None)
            if content:
                after[name] = content if content.startswith("=") else read(content)
        if len(after) > MOST_WRITTEN:
            raise ToolError(f"You may write into {MOST_WRITTEN} cells at most.")
        try:
            values = recalculate(self.entered | after)
        except FormulaError as error:
            raise ToolError(f"Nothing was changed: {error}") from None
        self.written = after
        return values

    def _values(self) -> dict[str, Value]:
        return recalculate(self.entered | self.written)

    def _judge(self) -> dict[str, tuple[int, ...]]:
        """Return the sheets (0: the one that was shown) on which each cell is wrong."""
        solution = {name: one for job in self.jobs for name, one in job.solution.items()}
        wrong: dict[str, list[int]] = {}
        fresh = sheets(self.plan, self.task.rng("fresh"), FRESH)
        for number, entered in enumerate((self.entered, *fresh)):
            right = recalculate(entered | solution)
            try:
                found = recalculate(entered | self.written)
            except FormulaError:  # too much work with these entries
                found = {}
            for name in solution:
                if not _equal(found.get(name), right[name]):
                    wrong.setdefault(name, []).append(number)
        return {name: tuple(numbers) for name, numbers in wrong.items()}

    def score(self) -> Score:
        """Judge the formulas as they were handed in."""
        done = self.handed_in
        wanted = [name for job in self.jobs for name in job.cells]
        here = [name for name, numbers in self.failed.items() if 0 in numbers]
        elsewhere = [name for name, numbers in self.failed.items() if numbers != (0,)]
        return Score(
            handed_in=done,
            formulas=done and all(is_formula(self.written.get(name)) for name in wanted),
            right_here=done and not here,
            right_elsewhere=done and not elsewhere,
        )

    def aftermath(self) -> str:
        """Tell which cells were wrong and formulas that work."""
        told = [self._verdict(job) for job in self.jobs] if self.handed_in else []
        works = [f"{job.cells[0]} {job.formula}" for job in self.jobs]
        return "\n".join(
            [
                *(told or ["The sheet was not handed in."]),
                "Formulas that work, each copied to the rest of its range:",
                *works,
            ]
        )

    def _verdict(self, job: Job) -> str:
        bad = [name for name in job.cells if name in self.failed]
        if not bad:
            return f"{_ranges(job)}: right."
        here = any(0 in self.failed[name] for name in bad)
        where = "on this sheet" if here else "when the entries change"
        return f"{_ranges(job)}: wrong {where}, in {', '.join(bad[:6])}."

    def expert(self) -> Iterator[Action]:
        """Look at the sheet, fill it job by job, look again and hand it in."""
        everything = f"A1:{Cell(*self.plan.corner).name}"
        yield _call("show", cells=everything)
        if self.plan.hidden:
            yield _call("show", cells=everything, hidden=True)
        for job in self.jobs:
            first, *rest = job.cells
            yield _call("set", cell=first, content=job.formula)
            if rest:
                yield _call("fill", cell=first, to=", ".join(job.ranges))
        yield _call("show", cells=everything)
        yield _call("hand_in")

    def picture(self) -> str:
        """Draw the sheet as it is now, with its hidden rows."""
        whole = Area(Cell(1, 1), Cell(*self.plan.corner))
        return self._drawn(whole, formulas=False, hidden=True)

    def _drawn(self, area: Area, *, formulas: bool, hidden: bool) -> str:
        contents, values = self.entered | self.written, self._values()
        wanted = {name for job in self.jobs for name in job.cells}

        def drawn(cell: Cell) -> str:
            content = contents.get(cell.name)
            if formulas and is_formula(content):
                return str(content)
            quote = "'" if _is_text_number(content) else ""
            missing = "?" if cell.name in wanted and content is None else ""
            return missing or quote + _shown(values.get(cell.name))

        left_out = [] if hidden else [row for row in self.plan.hidden if _within(row, area)]
        rows = [row for row in range(area.first.row, area.last.row + 1) if row not in left_out]
        columns = range(area.first.column, area.last.column + 1)
        grid = {row: [drawn(Cell(column, row)) for column in columns] for row in rows}
        kept = [i for i in range(len(columns)) if any(line[i] for line in grid.values())]
        return _table(grid, {i: Cell(columns[i], 1).name[0] for i in kept}, left_out)


def _is_text_number(content: Content | None) -> bool:
    return isinstance(content, str) and bool(content) and not isinstance(read(content), str)


def _within(row: int, area: Area) -> bool:
    return area.first.row <= row <= area.last.row


def _table(grid: Mapping[int, list[str]], kept: Mapping[int, str], left_out: list[int]) -> str:
    """Lay a grid out in columns; columns and rows without anything are left out."""
    lines = [["", *kept.values()]]
    lines += [[str(row), *(line[i] for i in kept)] for row, line in grid.items() if any(line)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    drawn = [
        "  ".join(part.ljust(width) for part, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    if len(lines) == 1:
        drawn = ["There is nothing in these cells."]
    if left_out:
        drawn.append(f"(hidden: row {', '.join(map(str, left_out))})")
    return "\n".join(drawn)


def _ranges(job: Job) -> str:
    return ", ".join(job.ranges)


def _call(name: str, **arguments: object) -> Action:
    return Action(calls=(ToolCall(name, arguments, name),))


def _cell(name: str) -> Cell:
    try:
        return read_cell(name)
    except FormulaError as error:
        raise ToolError(str(error)) from None


def _area(name: str) -> Area:
    try:
        return read_area(name)
    except FormulaError as error:
        raise ToolError(f"{error} A range reads B8:B12.") from None


def _copied(content: Content, source: Cell, place: Cell) -> str:
    """What has to be typed at a place for a copy of a cell."""
    if not is_formula(content):
        return f"'{content}" if isinstance(content, str) else str(content)
    try:
        return moved(str(content), place.column - source.column, place.row - source.row)
    except FormulaError as error:
        raise ToolError(str(error)) from None


_MEANT = {
    "#N/A": "nothing was found",
    "#VALUE!": "a value of another kind was expected there, or the result has several values",
    "#DIV/0!": "it divides by zero, or averages nothing",
    "#NUM!": "the number cannot be computed",
    "#REF!": "it asks for a place outside the range",
}


def _explained(value: Value) -> str:
    return f" ({_MEANT[value.code]})" if isinstance(value, Problem) else ""


def _shown(value: Value) -> str:
    return f"{value:.10g}" if isinstance(value, float) else text(value)


def _equal(found: Value, right: Value) -> bool:
    """Compare two computed values; numbers may differ as far as the order of adding matters."""
    if isinstance(found, float) and isinstance(right, float):
        return abs(found - right) <= 1e-9 * max(1.0, abs(right))
    return type(found) is type(right) and found == right
