"""Audits as reports of OpenEnv: every check has its place, and their own models take the report."""

import json

import pytest

from bridges.test_sarif import certificate
from firsthand.audit.suite import SUITE
from firsthand.bridges.rfc008 import ANSWERED, report, text

SOUND = {"oracle": "PASS", "constants": "PASS", "enumeration": "PASS", "mutation": "PASS"}


def test_every_check_of_the_suite_answers_an_id():
    answering = {check for checks in ANSWERED.values() for check in checks}
    assert {check.id for check in SUITE} - answering == set()


def result(made, name):
    return next(one for one in made["results"] if one["check_id"] == name)


def test_what_failed_fails_with_its_witness():
    made = report(certificate(**{**SOUND, "enumeration": "FAIL"}))
    found = result(made, "statistical.adversarial_floor")
    assert made["verdict"] == "fail" and found["status"] == "fail"
    assert found["evidence"] == ["enumeration: enumeration is paid."]
    assert found["remediation"] == "Compare the answer."
    assert result(made, "semantic.oracle_max")["status"] == "pass"


def test_what_could_not_run_is_never_green():
    made = report(certificate(**{**SOUND, "enumeration": "NOT_RUN"}))
    found = result(made, "statistical.adversarial_floor")
    assert (found["status"], found["evidence"]) == ("skip", ["enumeration: why not"])
    assert made["verdict"] == "warn"


def test_a_gameable_reward_only_warns_under_their_policy():
    assert report(certificate(**{**SOUND, "mutation": "FAIL"}))["verdict"] == "warn"


def test_the_floor_is_what_a_policy_that_never_looks_earns():
    found = result(report(certificate(**SOUND)), "semantic.floor_gap")
    assert found["status"] == "pass" and found["measured"]["floor"] == 0.25


def test_several_reports_are_a_list():
    assert len(json.loads(text([certificate(**SOUND), certificate(**SOUND)]))) == 2


@pytest.mark.parametrize(
    "statuses",
    [
        SOUND,
        {**SOUND, "enumeration": "FAIL"},
        {**SOUND, "mutation": "FAIL"},
        {**SOUND, "enumeration": "NOT_RUN", "determinism": "FAIL"},
    ],
)
def test_their_models_take_the_report_and_their_policy_agrees(statuses):
    theirs = pytest.importorskip("openenv.validation", reason="needs openenv 0.10")
    made = theirs.ValidationReport.model_validate_json(text([certificate(**statuses)]))
    policy = theirs.load_policy(made.policy_version)
    assert theirs.apply_policy(made.results, policy, theirs.Lane.HUB) == made.verdict
