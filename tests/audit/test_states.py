"""Walking all states finds cycles and paths that pay; without a state the check does not apply."""

import pytest
from small_worlds import BROKEN, SOUND
from world_sources import grid

from firsthand.audit.budget import Options
from firsthand.audit.naming import spec_of
from firsthand.audit.suite import run


def audited(tmp_path, source):
    file = tmp_path / "target.py"
    file.write_text(source)
    return run(spec_of(str(file)), Options(only=("state_graph",), seeds=40))


@pytest.mark.parametrize(
    "name",
    [
        "progress pays, going back is free",
        "any change pays",
        "a longer walk round pays",
        "an unchecked bonus",
    ],
)
def test_a_cycle_or_a_path_that_pays_is_found(tmp_path, name):
    certificate = audited(tmp_path, BROKEN[name][1])
    assert certificate.verdict == "FAIL" and " states" in certificate.findings[0].claim


def test_a_potential_passes_and_a_slow_oracle_is_a_remark(tmp_path):
    assert audited(tmp_path, grid()).findings == ()
    certificate = audited(tmp_path, SOUND["costs and a slow oracle"])
    assert certificate.verdict == "PASS" and {
        finding.severity for finding in certificate.findings
    } <= {"minor"}


def test_no_state_no_walk(tmp_path):
    (check,) = audited(tmp_path, grid(state=False)).checks
    assert (check.status, check.reason) == ("NA", "the target reports no state")
