"""An episode that somebody else drives is the episode that `play` would have played."""

import asyncio

import pytest
from broken_world import Broken

import firsthand as fh
from firsthand.bridges.package import package
from firsthand.bridges.stepping import EpisodeFailed, Stepping, waited
from firsthand.errors import MissingExtra, UserError
from firsthand.journal.journal import Journal
from firsthand.rollout.play import Limits

EXPERT = fh.Agent(model=fh.model("scripted:expert"))


def told(episode):
    turns = [(t.observation, t.action, t.reward) for t in episode.turns]
    return turns, episode.final, episode.reward, episode.checks, episode.stop, episode.aftermath


@pytest.mark.parametrize(
    "name", ["interfaces/shop_desk", "data/ledger", "games/nim", "planning/strips"]
)
async def test_law_1_a_driven_episode_is_the_same_as_a_played_one(name):
    for task in fh.tasks(name, 3, level=2):
        episode = await fh.play(fh.make(name), EXPERT, task)
        stepping = Stepping(task, agent="somebody")
        shown = await stepping.start()
        rewards = []
        for action in episode.actions:
            assert not shown.over
            shown = await stepping.step(action)
            rewards.append(shown.reward)
        assert shown.episode is not None and not shown.truncated
        assert told(shown.episode) == told(episode)
        assert rewards == [turn.reward for turn in episode.turns]
        with pytest.raises(UserError, match="is over: begin another"):
            await stepping.step(fh.Action("more"))


async def test_a_budget_truncates_and_a_journal_keeps_what_ended(tmp_path):
    (task,) = fh.tasks("interfaces/shop_desk", 1)
    for _ in range(2):
        stepping = Stepping(task, agent="somebody", limits=Limits(turns=1), journal=tmp_path)
        await stepping.start()
        assert (await stepping.step(fh.Action("?"))).truncated
    unfinished = Stepping(task, agent="somebody", journal=tmp_path)
    await unfinished.start()
    await unfinished.close()
    assert len(list(Journal(tmp_path).episodes())) == 2


async def test_a_failure_is_raised_with_its_owner_and_the_world_is_released():
    Broken.closed = 0
    (task,) = fh.tasks(Broken.name, 1)
    broken, left = Stepping(task, agent="a"), Stepping(task, agent="b")
    await broken.start()
    await left.start()
    with pytest.raises(EpisodeFailed, match="environment failed while calling act") as caught:
        await broken.step(fh.Action("touch"))
    assert caught.value.episode.reward is None
    await left.close()
    assert Broken.closed == 2


def test_callers_without_an_event_loop_wait_also_inside_one():
    (task,) = fh.tasks("interfaces/shop_desk", 1)

    def driven():
        stepping = Stepping(task, agent="a")
        first = waited(stepping.start())
        return waited(stepping.step(fh.Action(first.choices[0])))

    async def notebook():
        return driven()

    assert driven().episode.reward == asyncio.run(notebook()).episode.reward


def test_a_missing_package_names_the_extra_that_brings_it():
    with pytest.raises(MissingExtra, match=r"pip install 'firsthand\[gymnasium\]'"):
        package("no_such_package_here.spaces", extra="gymnasium")
