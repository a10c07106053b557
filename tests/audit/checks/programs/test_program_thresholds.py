"""Constants of the checks of programs, each at its boundary."""

import pytest
from audit.checks.programs.test_small_languages import MATCH, MATCHERS, claims

from firsthand.audit.checks.programs.edits import Mutant
from firsthand.audit.checks.programs.expressions import LARGEST, _digit_free
from firsthand.audit.checks.programs.mutation import PER_TASK, _chosen, guard
from firsthand.audit.formats.copies_runner import LINES
from firsthand.audit.formats.programs import Function, program, shown
from firsthand.audit.formats.reference_runs import Domain, outcomes
from firsthand.audit.targets.protocol import Instance
from firsthand.audit.thresholds import OTHER_INPUTS, WRONG_OFTEN


def test_mutants_that_are_seldom_wrong_are_not_played():
    often, seldom = Mutant("a", "x", WRONG_OFTEN), Mutant("b", "y", WRONG_OFTEN - 0.01)
    assert _chosen([often, seldom]) == [often]
    many = [Mutant(str(n), str(n), 1.0) for n in range(PER_TASK + 1)]
    assert len(_chosen(many)) == PER_TASK


@pytest.mark.parametrize(("others", "made"), [(OTHER_INPUTS, True), (OTHER_INPUTS - 1, False)])
def test_a_guard_needs_inputs_that_are_not_shown(others, made):
    own = program(Instance(0, "", oracle=("def f(x):\n    return x + 1\n",)))
    inputs = tuple((number,) for number in range(others + 1))
    known = Domain(own.functions[0], inputs, tuple(str(x + 1) for (x,) in inputs), True)
    found = guard(own, known, shown("f(0) == 1", (Function("f", "x", ("x",)),)))
    assert (found is not None) == made


@pytest.mark.parametrize(("lines", "said"), [(LINES - 10, "None"), (LINES + 10, "!hang")])
def test_calls_end_after_so_many_lines_whatever_the_clock_says(lines, said):
    code = "def f(n):\n    for _ in range(n):\n        pass\n"
    rows = outcomes([code], "f", [(lines // 2,)])
    assert rows is not None and rows[0][0].split(" after ")[0] == said


def test_small_values_are_written_without_digits():
    assert eval(_digit_free(LARGEST)) == LARGEST and eval(_digit_free(-3)) == -3
    assert eval(_digit_free(0)) == 0 and _digit_free(LARGEST + 1) is None


@pytest.mark.parametrize(("tasks", "accused"), [(2, True), (1, False)])
def test_one_task_may_have_a_pattern_that_matches_everything(tmp_path, tasks, accused):
    body, _ = MATCHERS["only what has to match"]
    few = MATCH.replace("in POOL\n]", f"in POOL[:{tasks}]\n]")
    assert few != MATCH
    assert bool(claims(tmp_path, few + body, "patterns")) == accused
