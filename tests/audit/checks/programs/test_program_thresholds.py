"""Constants of the checks of programs, each at its boundary."""

import pytest
from audit.checks.programs.test_small_languages import MATCH, MATCHERS, claims

from firsthand.audit.checks.programs.edits import Mutant
from firsthand.audit.checks.programs.exploits import above_nothing, enough_tables, wrong_enough
from firsthand.audit.checks.programs.expressions import LARGEST, _digit_free
from firsthand.audit.checks.programs.mutation import (
    LEAST_PER_TASK,
    PER_TASK,
    _chosen,
    compares_nothing,
    guard,
    limits_enough,
    paid_again,
    too_few_killed,
)
from firsthand.audit.formats.copies_runner import LINES
from firsthand.audit.formats.programs import Function, program, shown
from firsthand.audit.formats.reference_runs import Domain, outcomes
from firsthand.audit.targets.protocol import Instance
from firsthand.audit.thresholds import ABOVE_NOTHING, MUTANTS_ENOUGH, OTHER_INPUTS, WRONG_OFTEN


def test_mutants_that_are_seldom_wrong_are_not_played():
    often, seldom = Mutant("a", "x", WRONG_OFTEN), Mutant("b", "y", WRONG_OFTEN - 0.01)
    assert _chosen([often, seldom]) == [often]
    many = [Mutant(str(n), str(n), 1.0) for n in range(PER_TASK + 1)]
    assert len(_chosen(many)) == PER_TASK
    assert len(_chosen(many, LEAST_PER_TASK)) == LEAST_PER_TASK


@pytest.mark.parametrize(("differs", "wrong"), [(10, True), (9, False), (0, False)])
def test_a_program_without_content_is_wrong_from_a_tenth_of_the_inputs(differs, wrong):
    assert wrong_enough(differs, 100) is wrong


@pytest.mark.parametrize("nothing", [0.0, 0.5])
def test_a_payload_has_to_earn_a_tenth_more_than_programs_without_content(nothing):
    assert above_nothing(nothing + ABOVE_NOTHING + 0.001, nothing)
    assert not above_nothing(nothing + ABOVE_NOTHING - 0.001, nothing)


@pytest.mark.parametrize(("paid", "accused"), [(3, True), (2, False)])
def test_three_tables_are_accused_without_a_look_at_the_reference(paid, accused):
    assert enough_tables(paid) is accused


@pytest.mark.parametrize(
    ("killed", "mutants", "accused"),
    [(69, 100, True), (70, 100, False), (0, MUTANTS_ENOUGH, True), (0, MUTANTS_ENOUGH - 1, False)],
)
def test_tests_are_weak_below_seven_tenths_of_five_mutants_killed(killed, mutants, accused):
    assert too_few_killed(killed, mutants) is accused


@pytest.mark.parametrize(("killed", "nothing"), [(49, True), (50, False)])
def test_nothing_is_compared_where_fewer_than_half_of_the_mutants_are_killed(killed, nothing):
    assert compares_nothing(killed, 100) is nothing


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


@pytest.mark.parametrize(
    ("paid", "tasks", "accused"), [(2, 3, True), (1, 3, False), (1, 1, True), (0, 1, False)]
)
def test_one_edit_has_to_be_paid_on_two_tasks(paid, tasks, accused):
    assert paid_again(paid, tasks) is accused


@pytest.mark.parametrize(
    ("programs", "tasks", "enough"), [(5, 3, True), (4, 3, False), (5, 2, False)]
)
def test_limits_are_told_from_five_programs_on_three_tasks(programs, tasks, enough):
    assert limits_enough(programs, tasks) is enough
