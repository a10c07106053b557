"""What a plan that never looks earns beyond luck, and how much luck there is."""

import pytest
from small_worlds import BROKEN
from world_sources import choice, guessing

from firsthand.audit.budget import Options
from firsthand.audit.naming import spec_of
from firsthand.audit.session import Session
from firsthand.audit.suite import run


def target(tmp_path, source):
    file = tmp_path / "target.py"
    file.write_text(source)
    return spec_of(str(file))


def audited(tmp_path, source):
    (check,) = run(target(tmp_path, source), Options(only=("blind_plans",), seeds=200)).checks
    return check


@pytest.mark.parametrize(
    "name", [name for name, (checks, _) in BROKEN.items() if checks[0] == "blind_plans"]
)
def test_a_plan_that_never_looks_is_found_and_certified(tmp_path, name):
    check = audited(tmp_path, BROKEN[name][1])
    assert check.status == "FAIL" and check.mean > 0.7


def test_what_luck_earns_is_told_and_no_finding(tmp_path):
    check = audited(tmp_path, choice("action == self.right", prompt='f"round {seed}"'))
    assert check.status == "PASS" and 0.2 < check.mean < 0.4
    check = audited(tmp_path, guessing(20, 8, wrong='"no"'))
    assert check.status == "PASS" and 0.25 < check.mean < 0.6, "eight tries in twenty are luck"


def test_one_instance_has_no_blind_plan(tmp_path):
    check = audited(tmp_path, choice("action == self.right", draw="'b'", prompt='"which?"'))
    assert check.status == "NA" and "one instance" in check.reason


def test_luck_grows_with_the_tries_and_ends_below_certainty(tmp_path):
    session = Session(target(tmp_path, guessing(10, 9, wrong='"no"')), Options(seeds=200))
    try:
        assert session.luck.chance == pytest.approx(0.1)
        plan = [f"guess:{number}" for number in range(5)]
        assert session.luck.tries(plan) == 5 and session.luck.tries(["nothing"]) == 1
        assert (
            session.luck.allowance(5) == pytest.approx(0.5) and session.luck.allowance(10) == 0.75
        )
    finally:
        session.close()
