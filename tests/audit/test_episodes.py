"""The episodic checks on small environments: every flaw is found by a check that is about it, and
no sound one is accused.
"""

import pytest
from small_worlds import BROKEN, SOUND

from firsthand.audit.accusation import shows
from firsthand.audit.budget import Options
from firsthand.audit.naming import spec_of
from firsthand.audit.suite import LEAKS, run

EPISODIC = (
    "plan_steps",
    "plan_arguments",
    "passive",
    "cycles",
    "after_done",
    *LEAKS,
    "led_by_errors",
    "blind_plans",
    "state_graph",
)


def audited(tmp_path, source, only=EPISODIC):
    file = tmp_path / "target.py"
    file.write_text(source)
    return run(spec_of(str(file)), Options(only=only, seeds=60))


@pytest.mark.parametrize("name", BROKEN)
def test_each_flaw_is_found(tmp_path, name):
    checks, source = BROKEN[name]
    certificate = audited(tmp_path, source, checks)
    failed = [check.id for check in certificate.checks if check.status == "FAIL"]
    assert failed, [(check.id, check.status, check.reason) for check in certificate.checks]
    for finding in certificate.findings:
        assert finding.claim and shows(certificate.spec, finding.witness), (
            "the witness shows it again"
        )


@pytest.mark.parametrize("name", SOUND)
def test_no_sound_environment_is_accused(tmp_path, name):
    certificate = audited(tmp_path, SOUND[name])
    assert [
        (finding.check, finding.claim)
        for finding in certificate.findings
        if finding.severity != "minor"
    ] == []
    assert {check.status for check in certificate.checks} <= {"PASS", "NA"}
