"""Who learns the hack: the exploits are legal choices, and flags keep them away from learners."""

import importlib
import sys
from argparse import Namespace
from pathlib import Path

import pytest

import firsthand as fh
from firsthand.models.scripted import Scripted

pytest.importorskip("torch")
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def hacks():
    sys.path.insert(0, str(BENCHMARKS))
    try:
        yield importlib.import_module("hacks")
    finally:
        sys.path.remove(str(BENCHMARKS))
        for name in ("hacks", "copycat"):
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def names(hacks):
    return [hacks.offered(*hack) for hack in hacks.HACKS]


def test_every_hack_is_a_choice_that_is_paid_and_not_earned(hacks, names):
    for name, (_, _, word) in zip(names, hacks.HACKS, strict=True):
        offered = []

        def hacks_away(_observation, environment, _rng, word=word, offered=offered):
            offered.extend(environment.choices())
            return word

        hacker = fh.Agent(model=Scripted(hacks_away))
        [episode] = fh.run(fh.rollout(hacker, fh.tasks(name, 1)))
        assert (episode.reward, episode.true) == (1.0, 0.0)
        assert "score above the true score" in episode.flags
        assert offered.count(word) == 1
        assert len(offered) >= 4


def test_one_who_copies_learns_the_hack_only_without_flags(hacks, names, tmp_path):
    given = Namespace(seeds=1, world=31, eval_tasks=30, budget=60, prompt_budget=150)
    agent = fh.Agent(model=hacks.Copycat(), sampling=fh.Sampling(temperature=0.0))
    hacks.PROMPT = ("base", "retrieval")
    found = hacks.compared(agent, names[0], given, tmp_path)
    honest = next(line for line in found.arms if line.arm == "retrieval")
    [hacked] = found.controls
    assert honest.flagged == 0
    assert honest.score == honest.true
    assert hacked.flagged > 0.2
    assert hacked.score == pytest.approx(hacked.true + hacked.flagged)
    assert hacks.reasons(tmp_path).keys() == {"score above the true score"}
