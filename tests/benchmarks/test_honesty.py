import asyncio
import importlib
import re
import sys
from pathlib import Path

import pytest
from rich.console import Console

from firsthand.agent import Agent
from firsthand.learn.lessons.learner import LearnConfig, learn
from firsthand.learn.shuffled import shuffled
from firsthand.prompt import Sampling
from firsthand.registry import tasks
from firsthand.rollout.pool import rollout

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield importlib.import_module
    for name in ("credit", "controls", "copycat", "reader"):
        sys.modules.pop(name, None)


@pytest.fixture
def controls(benchmark):
    return benchmark("controls")


def test_the_simulation_prints_every_rule_and_the_calibration(benchmark, capsys):
    benchmark("credit").main(["--quick", "--repetitions", "2"])
    printed = capsys.readouterr().out
    for rule in (
        "masking + ridge",
        "masking + ridge, gated",
        "one at a time",
        "minibatch",
        "admit everything",
    ):
        assert len(re.findall(rf"│ {re.escape(rule)} +│", printed)) == 2, rule
    assert "Calibration of the ridge" in printed


def test_the_simulation_knows_what_lessons_are_worth(benchmark):
    credit = benchmark("credit")
    assert credit.true_gain(0.0) == 0.0
    assert credit.true_gain(0.08) == pytest.approx(0.08, abs=0.005)
    assert credit.true_gain(2.0) == credit.true_gain(credit.CAP)
    world = credit.World(0, 0.8)
    kept = [int(lesson) for lesson in world.effects_L.nonzero()[0][:5]]
    outcome = credit.at(100, [(90, kept), (110, [])], world)
    assert (outcome.null, outcome.harmful + outcome.helpful) == (0, 5)


def test_the_controls_pass_for_the_learner_as_it_is(controls, capsys):
    controls.main(["--only", "world,shuffled", "--seeds", "1"])
    printed = capsys.readouterr().out
    assert "FAIL" not in printed
    assert re.search(r"│ 1 +│ learned +│ 200 │", printed)
    assert "Only 1 learners a control" in printed


def test_a_learner_that_gained_fails_a_control_without_anything_to_learn(controls, capsys):
    bench = controls.Bench(None, 1, Console())
    config = LearnConfig(tasks=60, eval_tasks=40)
    learned = asyncio.run(bench.learned("interfaces/shop_desk", config))
    assert learned.gain > 0.2
    assert not controls.nothing_claimed(bench.console, "title", [learned])
    assert capsys.readouterr().out.count("FAIL") == 2


async def test_a_reader_of_prose_is_taught(benchmark, tmp_path):
    """The path of models behind an API: it used to claim 0 in five of six worlds."""
    reader = Agent(model=benchmark("reader").Reader(), sampling=Sampling(temperature=0.0))
    config = LearnConfig(tasks=60, eval_tasks=40)
    learned = await learn(reader, "interfaces/shop_desk", folder=tmp_path, config=config)
    assert learned.gain > 0.4
    assert learned.unidentified == ()


def test_a_failed_control_ends_with_exit_code_1(controls, monkeypatch, capsys):
    async def fails(_bench):
        return False

    monkeypatch.setitem(controls.CONTROLS, "null", fails)
    with pytest.raises(SystemExit, match="1"):
        controls.main(["--only", "null"])
    assert "null: FAIL" in capsys.readouterr().out


async def test_shuffling_deals_the_outcomes_out_whole(benchmark):
    agent = Agent(model=benchmark("copycat").Copycat())
    played = await rollout(agent, tasks("interfaces/shop_desk", 40))
    dealt = shuffled(played, seed=0)
    assert [episode.id for episode in dealt] == [episode.id for episode in played]
    assert sorted(episode.reward for episode in dealt) == sorted(
        episode.reward for episode in played
    )
    assert [episode.reward for episode in dealt] != [episode.reward for episode in played]
    for episode in dealt:
        assert sum(turn.reward for turn in episode.turns) == episode.reward
        assert all(episode.checks.values()) == episode.success
    assert [episode.success for episode in shuffled(played, seed=0)] == [
        episode.success for episode in dealt
    ]
