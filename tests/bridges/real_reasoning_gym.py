"""Data sets of reasoning-gym, played as environments of ours."""

import pytest

import firsthand as fh
from bridges.pages import run_section
from firsthand.bridges.reasoning_gym import adopt
from firsthand.errors import UnknownName, UserError

EXPERT = fh.Agent(model=fh.model("scripted:expert"))
SETS = ("chain_sum", "letter_counting", "family_relationships", "syllogism", "basic_arithmetic")


@pytest.mark.parametrize("dataset", SETS)
def test_an_entry_is_played_like_any_other_task(dataset):
    world = adopt(dataset)
    for split in ("train", "eval"):
        tasks = fh.tasks(world.name, 10, split=split)
        episodes = fh.run(fh.rollout(EXPERT, tasks))
        assert [episode.reward for episode in episodes] == [1.0] * 10, episodes[0].error
        silent = fh.run(fh.rollout(fh.Agent(model=fh.model("scripted:idle")), tasks))
        assert all(episode.reward < 1.0 for episode in silent), dataset


@pytest.mark.parametrize("dataset", SETS)
def test_the_contract_holds_and_splits_share_no_question(dataset):
    world = adopt(dataset)
    checked = fh.check(world)
    assert not checked.problems, checked
    asked = {
        split: {world().reset(task).text for task in fh.tasks(world.name, 20, split=split)}
        for split in ("train", "eval")
    }
    assert not asked["train"] & asked["eval"]


def test_refusals_come_at_the_start_and_say_why():
    with pytest.raises(UnknownName, match="Did you mean 'chain_sum'"):
        adopt("chain_sums")
    with pytest.raises(UserError, match="Entries of boxnet name no answer"):
        adopt("boxnet")


def test_the_page():
    assert run_section("reasoning-gym, in")["solved"] == 10
