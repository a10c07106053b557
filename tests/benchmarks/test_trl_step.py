"""The verdict of the comparison with TRL is about every shape and every configuration."""

import importlib
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def trl_step(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield importlib.import_module("trl_step")
    sys.modules.pop("trl_step", None)


def measured(benchmark, *, slow="", wrong=""):
    """Return what a run measures, where one shape or one configuration may miss its goal."""
    kinds = (*benchmark.KINDS, benchmark.LEAVE_ONE_OUT)
    return [
        {
            "shape": shape,
            "differences": {kind: 1e-3 if kind == wrong else 1e-6 for kind in kinds},
            "ours_s": [1.0, 1.0, 1.0],
            "trl_s": [2.9 if shape == slow else 3.1] * 3,
            "ours_mb": 50.0,
            "trl_mb": 500.0,
        }
        for shape in benchmark.SHAPES
    ]


def test_one_slow_shape_misses_the_goal(trl_step):
    assert trl_step.show(measured(trl_step))
    for shape in trl_step.SHAPES:
        assert not trl_step.show(measured(trl_step, slow=shape))


def test_one_wrong_gradient_misses_the_goal(trl_step):
    for kind in (*trl_step.KINDS, trl_step.LEAVE_ONE_OUT):
        assert not trl_step.show(measured(trl_step, wrong=kind))
