"""The gate: clear gains pass early, no gain does not pass, and the error budget holds over a life."""

import random

import pytest

import firsthand as fh
from firsthand.environment import Observation
from firsthand.episode import Episode, Failure, Stop
from firsthand.evaluate.statistics import alpha_at
from firsthand.learn.lessons import gate
from firsthand.learn.lessons.gate import GateRules
from firsthand.models.scripted import Scripted, idle

OLD, NEW = (fh.Agent(model=Scripted(idle, name=name)) for name in ("old", "new"))


def gate_tasks(n, *names):
    """Tasks of one or several environments, interleaved."""
    return [
        fh.Task(name, seed, split="gate") for seed in range(n) for name in names or ("test/desk",)
    ]


class Chances:
    """Plays by drawing outcomes: `old` and `new` map an environment to a chance of success; None fails."""

    def __init__(self, old, new, *, seed=0):
        self.chances = {OLD.id: old, NEW.id: new}
        self.rng = random.Random(seed)
        self.calls = []

    async def __call__(self, agent, tasks):
        self.calls.append((agent.id, [task.id for task in tasks]))
        return [self.episode(agent, task) for task in tasks]

    def episode(self, agent, task):
        chance = self.chances[agent.id]
        chance = chance(task) if callable(chance) else chance
        reward = None if chance is None else float(self.rng.random() < chance)
        error = Failure("model", "ModelError", "no answer") if reward is None else None
        stop = Stop.DONE if error is None else Stop.FAILED
        return Episode(task.id, task, agent.id, (), Observation(), reward, {}, stop, error)


async def verdict(play, tasks, *, number=1, rules=GateRules()):
    return await gate.test(NEW, OLD, tasks, gate=number, rules=rules, play=play)


async def test_a_clear_gain_is_deployed_early():
    play = Chances(0.2, 0.8)
    found = await verdict(play, gate_tasks(200))
    assert found.deployed
    assert found.pairs <= 60  # of 200
    assert found.difference > 0.4
    assert found.e_value >= 1 / found.alpha
    assert (found.failed, found.harmed, found.gate) == (0, (), 1)


async def test_both_play_the_same_tasks_in_batches():
    play = Chances(0.2, 0.2)
    await verdict(play, gate_tasks(50), rules=GateRules(batch=20))
    assert [len(tasks) for _, tasks in play.calls] == [20, 20, 20, 20, 10, 10]
    for (first, its), (second, same) in zip(play.calls[::2], play.calls[1::2], strict=True):
        assert (first, second, its) == (OLD.id, NEW.id, same)


@pytest.mark.parametrize(("old", "new"), [(0.5, 0.5), (0.8, 0.2), (1.0, 1.0), (0.0, 0.0)])
async def test_without_a_gain_the_old_one_stays(old, new):
    found = await verdict(Chances(old, new), gate_tasks(100))
    assert not found.deployed
    assert found.pairs == 100
    assert found.e_value < 1 / found.alpha
    assert found.difference == pytest.approx(new - old, abs=0.15)


async def test_a_small_gain_needs_more_tasks():
    rules = GateRules(batch=50)
    assert not (await verdict(Chances(0.4, 0.55), gate_tasks(50), rules=rules)).deployed
    assert (await verdict(Chances(0.4, 0.55), gate_tasks(600), rules=rules)).deployed


async def test_later_gates_ask_for_more_evidence():
    found = [
        await verdict(Chances(0.0, 1.0), gate_tasks(40), number=number, rules=GateRules(batch=1))
        for number in (1, 2, 5)
    ]
    assert [one.alpha for one in found] == [
        round(alpha_at(number, 0.05), 5) for number in (1, 2, 5)
    ]
    assert [one.deployed for one in found] == [True] * 3
    assert found[0].pairs < found[1].pairs < found[2].pairs
    assert sum(alpha_at(number, 0.05) for number in range(1, 100_000)) < 0.05


async def test_law_11_a_playbook_that_is_no_better_is_hardly_ever_deployed():
    """Lives of five gates each, with looks after every batch: at most alpha of them deploy anything."""
    deployed = 0
    for seed in range(200):
        play = Chances(0.5, 0.5, seed=seed)
        deployed += any(
            [
                (await verdict(play, gate_tasks(60), number=number)).deployed
                for number in range(1, 6)
            ]
        )
    assert deployed <= 0.05 * 200


async def test_failed_pairs_are_counted_and_decide_nothing():
    def broken_when_old_succeeds(task):
        return None if task.seed % 2 else 0.0

    play = Chances(lambda task: float(task.seed % 2), broken_when_old_succeeds)
    found = await verdict(play, gate_tasks(100))
    assert (found.pairs, found.failed) == (50, 50)
    assert found.difference == 0.0  # never scored 0, and never 1
    assert not found.deployed
    nothing = await verdict(Chances(None, 1.0), gate_tasks(20))
    assert (nothing.pairs, nothing.failed, nothing.difference, nothing.deployed) == (
        0,
        20,
        0.0,
        False,
    )


async def test_harm_in_one_environment_blocks_the_gain_in_others():
    def new(task):
        return 0.2 if task.environment == "test/harmed" else 0.95

    names = ("test/helped", "test/also", "test/harmed")
    found = await verdict(Chances(0.4, new), gate_tasks(100, *names))
    assert found.e_value >= 1 / found.alpha  # better on the whole
    assert found.difference > 0.2
    assert found.harmed == ("test/harmed",)
    assert not found.deployed
    assert found.pairs == 300


async def test_gains_everywhere_pass_with_several_environments():
    found = await verdict(Chances(0.2, 0.8), gate_tasks(100, "test/one", "test/two"))
    assert found.deployed
    assert found.harmed == ()
    assert found.pairs < 200


async def test_an_environment_that_nothing_changes_does_not_block():
    """Equal play is shown to be no worse than the margin; the gain elsewhere decides."""
    outcomes = random.Random(0)
    same = {seed: float(outcomes.random() < 0.5) for seed in range(150)}

    def steady(other):
        return lambda task: same[task.seed] if task.environment == "test/same" else other

    found = await verdict(
        Chances(steady(0.1), steady(0.9)), gate_tasks(150, "test/same", "test/helped")
    )
    assert found.deployed
    strict = await verdict(
        Chances(steady(0.1), steady(0.9)),
        gate_tasks(150, "test/same", "test/helped"),
        rules=GateRules(margin=0.01),
    )
    assert not strict.deployed
    assert strict.harmed == ("test/same",)  # 150 pairs cannot show a margin of .01


async def test_a_candidate_that_breaks_more_often_is_not_deployed():
    def fragile(task):
        return None if task.seed % 3 == 0 else 0.9

    found = await verdict(Chances(0.2, fragile), gate_tasks(100))
    assert found.e_value >= 1 / found.alpha
    assert not found.deployed
    assert found.failed == 34
