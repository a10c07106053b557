"""Bugs that authors of environments make: each is found by a check that is there for it."""

import pytest
from planted_worlds import HONEST, PLANTED

from firsthand.audit.budget import Options
from firsthand.audit.suite import run
from firsthand.audit.targets.protocol import Spec


def audited(world, only=()):
    spec = Spec("native", f"planted_worlds:{world.__name__}")
    return run(spec, Options(budget="quick", seeds=24, only=only))


@pytest.mark.parametrize("world", HONEST, ids=lambda world: world.__name__)
def test_the_honest_world_passes(world):
    found = audited(world)
    assert found.verdict == "PASS", [finding.claim for finding in found.findings]


@pytest.mark.parametrize(
    ("world", "checks"), PLANTED.items(), ids=[world.__name__ for world in PLANTED]
)
def test_the_bug_is_found(world, checks):
    found = audited(world, checks)
    assert found.verdict == "FAIL", [check.reason for check in found.checks]
    assert {f.check for f in found.findings if f.severity != "minor"} & set(checks)
