"""Every attack of the benchmark is really run in the jail, and must get nothing."""

import importlib
import sys
from pathlib import Path

import pytest

from firsthand.sandbox import jail, jail_filter

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
containment = importlib.import_module("containment")
sys.path.remove(str(BENCHMARKS))
BY_FILTER = {"system calls that are denied", "filling /dev/shm"}

pytestmark = pytest.mark.skipif(bool(jail.failure()), reason=jail.failure() or "works")


@pytest.mark.parametrize("attack", containment.ATTACKS, ids=lambda attack: attack.name)
async def test_an_attack_gets_nothing(attack):
    if attack.name in BY_FILTER and not jail_filter.program():
        pytest.skip("no filter of system calls is written for this machine")
    tried = await containment.tried(attack)
    assert "BROKE" not in tried.result.text
    assert tried.result.limit == attack.limit, tried.result
    assert tried.after.output == "AS NEW\n", tried.after


async def test_a_jail_that_is_lost_is_replaced():
    await jail.execute({}, ["true"])
    jail._idle[-1].child.process.kill()
    assert (await jail.execute({}, ["echo", "1"]))[0].output == "1\n"
