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


SLOW = {
    "EveryFortyFifthReset"
}  # half a minute: no single play shows it again, which is tried first
CASES = [
    pytest.param(
        world,
        checks,
        id=world.__name__,
        marks=[pytest.mark.slow] if world.__name__ in SLOW else [],
    )
    for world, checks in PLANTED.items()
]


@pytest.mark.parametrize(("world", "checks"), CASES)
def test_the_bug_is_found(world, checks):
    found = audited(world, checks)
    assert found.verdict == "FAIL", [check.reason for check in found.checks]
    assert {f.check for f in found.findings if f.severity != "minor"} & set(checks)
