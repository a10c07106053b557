"""Each puzzle has exactly one solution, which an independent solver finds."""

import pytest

import firsthand as fh
from firsthand.worlds.formal.puzzle import Clue

z3 = pytest.importorskip("z3")


def said(clue: Clue, where, places):
    """The clue as a constraint, written down independently of the family's propagation."""
    a, b = where[clue.a], where[clue.b]
    return {
        "same": a == b,
        "differ": a != b,
        "next": b == a + 1,
        "before": a < b,
        "beside": z3.Or(a == b + 1, b == a + 1),
        "gap": z3.Or(a == b + 2, b == a + 2),
        "at": a == clue.place,
        "not at": a != clue.place,
        "end": z3.Or(a == 0, a == places - 1),
        "inside": z3.And(a > 0, a < places - 1),
    }[clue.kind]


@pytest.mark.parametrize("level", [1, 3, 5])
def test_z3_finds_the_solution_and_no_other(level):
    for task in fh.tasks("formal/puzzle", 4, level=level, split="gate"):
        puzzle = fh.make("formal/puzzle")
        puzzle.reset(task)
        places, items = puzzle.places, list(puzzle.solution)
        where = [z3.Int(item) for item in items]
        solver = z3.Solver()
        solver.add([z3.And(one >= 0, one < places) for one in where])
        for first in range(0, len(items), places):
            solver.add(z3.Distinct(where[first : first + places]))
        solver.add([said(clue, where, places) for clue in puzzle.clues])
        assert solver.check() == z3.sat
        found = [solver.model()[one].as_long() + 1 for one in where]
        assert found == list(puzzle.solution.values())
        solver.add(z3.Or([one != value - 1 for one, value in zip(where, found, strict=True)]))
        assert solver.check() == z3.unsat
