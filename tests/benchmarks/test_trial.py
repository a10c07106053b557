"""The simulation behind `firsthand trial` runs, and knows the truth that it compares with."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.delitem(sys.modules, "trial", raising=False)
    yield importlib.import_module("trial")
    sys.modules.pop("trial", None)


def test_the_tables_are_printed(benchmark, capsys):
    benchmark.main(["--trials", "4", "--only", "either of two"])
    printed = capsys.readouterr().out
    assert "either of two" in printed
    assert "coverage" in printed


def test_agents_are_worth_what_the_benchmark_says(benchmark):
    for name in ("two only together", "gets better", "items shown at .8"):
        [agent] = [agent for agent in benchmark.AGENTS if agent.name == name]
        agent = agent._replace(spread=0.0)
        rows = [row for seed in range(7) for row in benchmark.trial(agent, seed, 400)]
        random = [row for row in rows if row.mode == "random"]
        for item, true in enumerate(agent.truth[:3]):
            sides = [
                np.mean([r.value for r in random if (f"i{item}" in r.shown) == on])
                for on in (True, False)
            ]
            assert sides[0] - sides[1] == pytest.approx(true, abs=0.08)
        ends = [np.mean([r.value for r in rows if r.mode == m]) for m in ("all", "none")]
        assert ends[0] - ends[1] == pytest.approx(agent.whole, abs=0.15)
