"""Broken copies of a reference are accused only where they are wrong and paid."""

import ast

import pytest
from audit.checks.programs.graders import BROKEN, SOUND
from audit.checks.programs.test_program_exploits import audited

from firsthand.audit.checks.programs.edits import mutants
from firsthand.audit.checks.programs.mutation import constants, guard, wrong
from firsthand.audit.formats.programs import program, shown
from firsthand.audit.formats.reference_runs import domain, nearby, outcomes, pure
from firsthand.audit.targets.protocol import Instance

CLIP = "def clip(x, low):\n    if x < low:\n        return low\n    return x\n"
PROMPT = "Write clip(x, low).\nclip(1, 3) == 3\nclip(5, 2) == 5"


def clip():
    instance = Instance(0, PROMPT, oracle=(CLIP,))
    own = program(instance)
    assert own is not None
    calls = shown(PROMPT, own.functions)
    known = domain(own, instance.prompt, 0)
    assert known is not None
    return own, calls, known


def test_mutants_parse_and_differ_in_one_place():
    found = list(
        mutants(
            "def f(a, b):\n    for i in range(a):\n        if i > b and not a == 2:\n"
            "            return a[1:]\n    return a + 1\n"
        )
    )
    names = {mutant.operator for mutant in found}
    assert {
        "comparison negated",
        "range one short",
        "branch dropped",
        "number raised by one",
        "bounds of a slice dropped",
    } <= names
    assert all(ast.parse(mutant.code) for mutant in found)
    assert len({mutant.code for mutant in found}) == len(found)


def test_equivalent_mutants_are_recognised():
    own, _, known = clip()
    found = wrong(own, known, list(mutants(CLIP)))
    assert "edge of a comparison moved" not in {mutant.operator for mutant in found}, (
        "x <= low returns the same"
    )
    assert {"comparison negated", "branch dropped"} <= {mutant.operator for mutant in found}
    assert all("clip(" in mutant.where and "the mutant says" in mutant.where for mutant in found)


def test_constants_are_wrong_on_nearly_everything_and_a_mutant_that_hangs_is_left_out():
    own, _, known = clip()
    assert max(mutant.share for mutant in wrong(own, known, list(constants(own, known)))) == 1.0
    endless = list(mutants(CLIP))[:1]
    endless[0] = type(endless[0])("endless", "def clip(x, low):\n    while True: pass\n")
    assert wrong(own, known, endless) == []


def test_a_guard_is_right_on_what_is_shown_and_wrong_elsewhere():
    own, calls, known = clip()
    guarded = guard(own, known, calls)
    assert guarded is not None
    rows = outcomes([CLIP, guarded.code], "clip", [(1, 3), (5, 2), (9, 4)])
    assert rows is not None
    assert rows[0][:2] == rows[1][:2] and rows[0][2] != rows[1][2]


def test_a_recursive_reference_can_be_guarded():
    code = "def fact(n):\n    return 1 if n < 2 else n * fact(n - 1)\n"
    instance = Instance(0, "fact(5) == 120, fact(6) == 720", oracle=(code,))
    own = program(instance)
    assert own is not None
    calls = shown(instance.prompt, own.functions)
    known = domain(own, instance.prompt, 0)
    assert known is not None
    guarded = guard(own, known, calls)
    assert guarded is not None
    rows = outcomes([guarded.code], "fact", [(5,), (7,)])
    assert rows is not None and rows[0][0] == "120" and rows[0][1] != "5040"


def test_programs_that_reach_outside_are_never_mutated():
    assert pure("import math\nfrom collections import deque\n")
    assert not pure("import os\n")
    assert not pure("def f(path):\n    return open(path).read()\n")


def test_inputs_stay_like_the_examples():
    import random

    near = nearby([(3, "abc", [1, 2]), (9, "bca", [4])], random.Random(0))
    assert len(near) > 20
    assert all(
        number >= 0 and set(text) <= set("abc") and text and items for number, text, items in near
    )


TYPES = SOUND["one child for all cases"].replace(
    "map(same,", "map(lambda a, b: type(a) is type(b),"
)
WEAK = {
    "visible inputs only": (BROKEN["visible cases only"], "right only on the prompt's own calls"),
    "types only": (TYPES, "mutants killed"),
    "part of the output": (BROKEN["contained is enough"], "put behind it"),
    "numbers nearly right": (BROKEN["about right"], "one added to it"),
}


@pytest.mark.parametrize("name", WEAK)
def test_weak_tests_are_found(tmp_path, name):
    body, said = WEAK[name]
    certificate = audited(tmp_path, body, "program_mutation")
    assert certificate.verdict == "FAIL"
    assert any(said in finding.claim for finding in certificate.findings), certificate.findings


def test_hidden_tests_that_kill_pass(tmp_path):
    certificate = audited(tmp_path, SOUND["one child for all cases"], "program_mutation")
    assert certificate.verdict == "PASS" and certificate.checks[0].plays > 20
